import { time } from '../data/format.js';
import { useHidden } from '../data/hidden.js';
import { to, toOrder } from '../data/router.js';
import type { Archived, Effect, EventDetail } from '../data/types.js';
import { Json } from '../parts/json.js';
import { Reveal } from '../parts/reveal.js';
import { Loaded } from '../parts/state.js';
import { Processing } from './processing.js';

function Name({ service, event }: Archived) {
  return (
    <>
      <a href={to(`/events/${event.id}`)}>{event.type}</a>{' '}
      <span class="soft">
        {service.replace('-service', '')}, {time(event.time)}
      </span>
    </>
  );
}

function Effects({ effects }: { readonly effects: readonly Effect[] }) {
  if (effects.length === 0) return null;
  return (
    <ul class="tree">
      {effects.map((each) => (
        <li key={each.event.id}>
          <Name {...each} />
          <Effects effects={each.effects} />
        </li>
      ))}
    </ul>
  );
}

/** One event with what caused it, what followed from it, and who has dealt with it. */
export function EventView({ id }: { readonly id: string }) {
  const found = useHidden<EventDetail>(`/events/${encodeURIComponent(id)}`);
  return (
    <Loaded from={found} what="the event">
      {(detail) => (
        <>
          <h1>{detail.event.type}</h1>
          <p class="lead">
            {detail.service}, {time(detail.event.time)}, about{' '}
            <a class="mono" href={toOrder(detail.event.subject)}>
              {detail.event.subject}
            </a>
          </p>
          <h2>Cause and effect</h2>
          <ul class="tree">
            {detail.causes.map((each) => (
              <li key={each.event.id}>
                <Name {...each} />
              </li>
            ))}
            <li>
              <strong>{detail.event.type}</strong>
              <Effects effects={detail.effects} />
            </li>
          </ul>
          <h2>Who has dealt with it</h2>
          <Processing id={id} />
          <h2>As it was published</h2>
          <p class="actions">
            <Reveal of={found} />
          </p>
          <Json value={detail.event} label="The event" />
        </>
      )}
    </Loaded>
  );
}
