import { useState } from 'preact/hooks';
import { money, time } from '../data/format.js';
import { useHidden } from '../data/hidden.js';
import type { OrderAtTime, SagaDetail } from '../data/types.js';
import { State } from '../parts/badge.js';
import { Json } from '../parts/json.js';
import { Reveal } from '../parts/reveal.js';
import { Loaded } from '../parts/state.js';

interface AtTimeProps {
  readonly orderId: string;
  readonly saga: SagaDetail;
}

/** The order as it was after each of its events. */
export function AtTime({ orderId, saga }: AtTimeProps) {
  const last = saga.timeline.length - 1;
  const [index, setIndex] = useState(last);
  const at = saga.timeline[index];
  const path = at === undefined ? undefined : `/orders/${encodeURIComponent(orderId)}?at=${encodeURIComponent(at.time)}`;
  // Another moment is another path, of which personal data are hidden again.
  const found = useHidden<OrderAtTime>(path, { live: false });
  return (
    <>
      <label for="at-time">
        After event {index + 1} of {last + 1}: <strong>{at?.type}</strong>, {at && time(at.time)}
      </label>
      <input
        id="at-time"
        class="slider"
        type="range"
        min={0}
        max={last}
        value={index}
        aria-valuetext={at?.type}
        onInput={(event) => setIndex(Number(event.currentTarget.value))}
      />
      <Loaded from={found} what="the order at that time">
        {(order) => (
          <>
            <p>
              <State state={order.status} /> {money(order.total, order.currency)} {order.reason !== null && `, ${order.reason}`}
            </p>
            <p class="actions">
              <Reveal of={found} />
            </p>
            <Json value={order} label="The order at that time" />
          </>
        )}
      </Loaded>
    </>
  );
}
