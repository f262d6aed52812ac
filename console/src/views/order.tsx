import { duration, inWords, time } from '../data/format.js';
import { useHidden } from '../data/hidden.js';
import { type Resource, useResource } from '../data/resource.js';
import { refine, to } from '../data/router.js';
import type { CloudEvent, Letter, Page, SagaDetail } from '../data/types.js';
import { State } from '../parts/badge.js';
import { CancelOrder } from '../parts/cancel-order.js';
import { Json } from '../parts/json.js';
import { Reveal } from '../parts/reveal.js';
import { Sequence } from '../parts/sequence.js';
import { Loaded } from '../parts/state.js';
import { Tabs } from '../parts/tabs.js';
import { Plan, Timeline } from '../parts/timeline.js';
import type { ViewProps } from '../view.js';
import { AtTime } from './at-time.js';

const TABS = [
  ['timeline', 'Timeline'],
  ['sequence', 'Sequence'],
  ['time', 'At a time'],
  ['events', 'Raw events'],
] as const;

function Raw({ orderId }: { readonly orderId: string }) {
  const events = useHidden<readonly CloudEvent[]>(`/orders/${encodeURIComponent(orderId)}/events`);
  return (
    <Loaded from={events} what="events">
      {(all) => (
        <>
          <p class="actions">
            <Reveal of={events} />
          </p>
          {all.map((event) => (
            <Json key={event.id} value={event} label={event.type} />
          ))}
        </>
      )}
    </Loaded>
  );
}

function Summary({ saga }: { readonly saga: SagaDetail }) {
  const because = [saga.reasonCode?.replaceAll('_', ' '), saga.reason].filter((each) => each != null);
  return (
    <dl class="summary">
      <dt>State</dt>
      <dd>
        <State state={saga.state} stuck={saga.stuckSince !== null} />
      </dd>
      <dt>Customer</dt>
      <dd>
        <a href={to(`/customers/${encodeURIComponent(saga.customerId)}`)}>{saga.customerId}</a>
      </dd>
      <dt>{saga.endedAt === null ? 'Open for' : 'Took'}</dt>
      <dd>{duration(saga.age * 1_000)}</dd>
      {because.length > 0 && (
        <>
          <dt>Reason</dt>
          <dd>{because.join(': ')}</dd>
        </>
      )}
      {saga.deadlineAt !== null && (
        <>
          <dt>Deadline</dt>
          <dd>{time(saga.deadlineAt)}</dd>
        </>
      )}
    </dl>
  );
}

/** Why it does not go on, when that is so: what a service gave up on. */
function Parked({ orderId }: { readonly orderId: string }) {
  const { data } = useResource<Page<Letter>>(`/dead-letters?order=${encodeURIComponent(orderId)}&state=parked`);
  return (
    <>
      {data?.items.map(({ id, service, step, reason, attempts }) => (
        <p key={id} class="failure">
          {service.replace('-service', '')} gave up on{' '}
          <a href={to(`/dead-letters/${id}`)}>{step === null ? 'a message' : inWords(step)}</a> after {attempts}{' '}
          {attempts === 1 ? 'attempt' : 'attempts'}: {reason}
        </p>
      ))}
    </>
  );
}

interface OrderViewProps extends ViewProps {
  readonly orderId: string;
}

/** One order: as planned, as it went, what it waits for. */
export function OrderView({ orderId, route }: OrderViewProps) {
  const found: Resource<SagaDetail> = useResource<SagaDetail>(`/sagas/${encodeURIComponent(orderId)}`);
  const tab = route.query.get('tab') ?? 'timeline';
  return (
    <>
      <h1>
        Order <span class="mono">{orderId}</span>
      </h1>
      <Loaded from={found} what="the order">
        {(saga) => (
          <>
            <Summary saga={saga} />
            <Parked orderId={orderId} />
            <p class="actions">
              {saga.endedAt === null && <CancelOrder orderId={orderId} done={found.reload} />}
              <a href={to('/dead-letters', { order: orderId })}>Parked messages of this order</a>
              <a href={to('/events', { subject: orderId })}>Its events</a>
            </p>
            <Tabs label="How the order is shown" tabs={TABS} current={tab} choose={(chosen) => refine({ tab: chosen })}>
              {tab === 'timeline' && (
                <>
                  <Timeline saga={saga} />
                  <h2>As planned</h2>
                  <Plan saga={saga} />
                </>
              )}
              {tab === 'sequence' && <Sequence facts={saga.timeline} />}
              {tab === 'time' && <AtTime orderId={orderId} saga={saga} />}
              {tab === 'events' && <Raw orderId={orderId} />}
            </Tabs>
          </>
        )}
      </Loaded>
    </>
  );
}
