import { useEffect } from 'preact/hooks';
import { call } from '../data/api.js';
import { count, short, time } from '../data/format.js';
import { useResource } from '../data/resource.js';
import { to, toOrder } from '../data/router.js';
import type { Page, Plan, PlanItem } from '../data/types.js';
import { Act } from '../parts/act.js';
import { Badge, type Tone } from '../parts/badge.js';
import { withFilters } from '../parts/filters.js';
import { Pager } from '../parts/pager.js';
import { Loaded } from '../parts/state.js';
import { type Column, Table } from '../parts/table.js';
import type { ViewProps } from '../view.js';

/** While it is carried out, in milliseconds: what is discarded leaves no event. */
const WATCHED_EVERY = 500;
const words = (name: string) => name.replaceAll('-', ' ');
const TONES: Readonly<Record<string, Tone>> = {
  processed: 'good',
  returned: 'bad',
  discarded: 'plain',
  sent: 'warn',
  sending: 'warn',
};

const columns: readonly Column<PlanItem>[] = [
  { title: 'Message', cell: ({ deadLetterId, type }) => <a href={to(`/dead-letters/${deadLetterId}`)}>{type}</a> },
  { title: 'Service', cell: ({ service }) => service, whole: true },
  {
    title: 'Order',
    cell: ({ subject }) =>
      subject === null ? (
        ''
      ) : (
        <a class="mono" href={toOrder(subject)} title={subject}>
          {short(subject)}
        </a>
      ),
  },
  {
    title: 'What would happen',
    long: true,
    cell: ({ verdict, detail }) => (detail === null ? words(verdict) : `${words(verdict)}: ${detail}`),
  },
  { title: 'What has become of it', cell: ({ state }) => <Badge tone={TONES[state] ?? 'plain'}>{state}</Badge>, whole: true },
];

function Counts({ title, counts }: { readonly title: string; readonly counts: Readonly<Record<string, number>> }) {
  return (
    <>
      <dt>{title}</dt>
      <dd>
        {Object.entries(counts)
          .map(([name, number]) => `${count(number)} ${words(name)}`)
          .join(', ') || 'nothing'}
      </dd>
    </>
  );
}

function Progress({ plan }: { readonly plan: Plan }) {
  const done = ['processed', 'returned', 'discarded', 'skipped'].reduce((sum, state) => sum + (plan.states[state] ?? 0), 0);
  return (
    <p>
      <label for="progress">Progress</label>{' '}
      <progress id="progress" max={plan.total} value={done}>
        {done} of {plan.total}
      </progress>{' '}
      {count(done)} of {count(plan.total)}
    </p>
  );
}

function Acts({ plan, done }: { readonly plan: Plan; readonly done: () => void }) {
  const act = (what: string) => (reason: string) =>
    call('POST', `/dead-letters/plans/${plan.id}/${what}`, what === 'stop' || reason === '' ? {} : { reason });
  if (plan.state === 'running')
    return (
      <Act label="Stop" title="Stop after the messages that are under way?" danger run={act('stop')} done={done}>
        <p>The plan can be gone on with afterwards.</p>
      </Act>
    );
  if (plan.state === 'done') return null;
  return (
    <p class="actions">
      {plan.action !== 'discard' && (
        <Act
          label={plan.state === 'stopped' ? 'Go on sending' : 'Send again'}
          title="Send these messages to their service again?"
          run={act('redrive')}
          done={done}
        >
          <p>One first, then ten, then the rest. It stops when one comes back.</p>
        </Act>
      )}
      {plan.action !== 'redrive' && (
        <Act
          label="Discard"
          title="Take these messages out of their queue for good?"
          danger
          needsReason
          run={act('discard')}
          done={done}
        >
          <p>The index keeps them; no service will handle them.</p>
        </Act>
      )}
    </p>
  );
}

/** A frozen selection of dead letters: what would happen to each, and what has become of it. */
export function PlanView({ id, route }: ViewProps & { readonly id: string }) {
  const plan = useResource<Plan>(`/dead-letters/plans/${encodeURIComponent(id)}`);
  const items = useResource<Page<PlanItem>>(withFilters(`/dead-letters/plans/${encodeURIComponent(id)}/items`, route.query, []));
  const reload = () => {
    plan.reload();
    items.reload();
  };
  const running = plan.data?.state === 'running';
  useEffect(() => {
    if (!running) return;
    const watching = setInterval(reload, WATCHED_EVERY);
    return () => clearInterval(watching);
  }, [running]);
  return (
    <>
      <h1>Plan</h1>
      <Loaded from={plan} what="the plan">
        {(found) => (
          <>
            <dl class="summary">
              <dt>Made</dt>
              <dd>
                {time(found.createdAt)} by {found.createdBy}
              </dd>
              <dt>State</dt>
              <dd>
                <Badge tone={found.state === 'done' ? 'good' : found.state === 'stopped' ? 'bad' : 'plain'}>{found.state}</Badge>
              </dd>
              <Counts title="What would happen" counts={found.verdicts} />
              <Counts title="What has become of them" counts={found.states} />
              {found.action !== null && (
                <>
                  <dt>{found.action === 'discard' ? 'Discarded' : 'Sent again'}</dt>
                  <dd>
                    by {found.actedBy ?? 'somebody'}
                    {found.reason !== null && `: ${found.reason}`}
                  </dd>
                </>
              )}
            </dl>
            {found.cut && (
              <p>
                More messages are meant than a plan holds: these are the oldest. Plan the rest when they have been dealt with.
              </p>
            )}
            {found.stoppedBecause !== null && <p class="failure">Stopped: {found.stoppedBecause}</p>}
            <Progress plan={found} />
            <Acts plan={found} done={reload} />
          </>
        )}
      </Loaded>
      <Loaded from={items} what="the messages of the plan">
        {(page) => (
          <>
            <Table
              caption="Messages of the plan"
              columns={columns}
              rows={page.items}
              keyOf={({ deadLetterId }) => deadLetterId}
            />
            <Pager next={page.nextCursor} />
          </>
        )}
      </Loaded>
    </>
  );
}
