import { call } from '../data/api.js';
import { age, count, inWords, short, time } from '../data/format.js';
import { useResource } from '../data/resource.js';
import { go, to, toOrder } from '../data/router.js';
import type { Letter, LetterGroup, Page, Plan } from '../data/types.js';
import { Act } from '../parts/act.js';
import { Badge } from '../parts/badge.js';
import { Filters, withFilters } from '../parts/filters.js';
import { Pager } from '../parts/pager.js';
import { Empty, Loaded } from '../parts/state.js';
import { type Column, Table } from '../parts/table.js';
import type { ViewProps } from '../view.js';
import { LetterView } from './letter.js';
import { PlanView } from './plan.js';

const FILTERS = ['service', 'step', 'type', 'group', 'errorClass', 'order', 'parkedBefore', 'state'];
const steps = (step: string | null) => (step === null ? '' : step.split('+').map(inWords).join(', '));

const groupColumns: readonly Column<LetterGroup>[] = [
  {
    title: 'Messages',
    cell: (found) => <a href={to('/dead-letters', { group: found.group, service: found.service })}>{count(found.count)}</a>,
    number: true,
  },
  { title: 'Reason', cell: ({ reason, errorClass }) => `${errorClass}: ${reason}`, long: true },
  { title: 'Service', cell: ({ service }) => service, whole: true },
  { title: 'Step', cell: ({ step }) => steps(step), whole: true },
  { title: 'Event', cell: ({ type }) => type },
  { title: 'Came back', cell: ({ returned }) => count(returned), number: true },
  { title: 'Oldest', cell: ({ oldest }) => age(oldest), number: true },
];

const letterColumns: readonly Column<Letter>[] = [
  {
    title: 'Event',
    cell: ({ id, type, edited }) => (
      <>
        <a href={to(`/dead-letters/${id}`)}>{type}</a> {edited && <Badge tone="warn">edited</Badge>}
      </>
    ),
  },
  { title: 'Service', cell: ({ service }) => service, whole: true },
  { title: 'Step', cell: ({ step }) => steps(step), whole: true },
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
  { title: 'Reason', cell: ({ reason }) => reason, long: true },
  { title: 'Attempts', cell: ({ attempts }) => count(attempts), number: true },
  { title: 'Parked', cell: ({ parkedAt }) => time(parkedAt), whole: true },
  {
    title: 'State',
    whole: true,
    cell: ({ state, redriven }) => <Badge tone={redriven ? 'warn' : 'plain'}>{redriven ? `${state}, came back` : state}</Badge>,
  },
];

const planColumns: readonly Column<Plan>[] = [
  {
    title: 'Plan',
    cell: ({ id, createdAt }) => <a href={to(`/dead-letters/plans/${id}`)}>{time(createdAt)}</a>,
  },
  { title: 'By', cell: ({ createdBy, actedBy }) => actedBy ?? createdBy },
  { title: 'What', cell: ({ action }) => action ?? 'nothing done yet', whole: true },
  { title: 'Why', cell: ({ reason }) => reason ?? '' },
  { title: 'Messages', cell: ({ total, cut }) => (cut ? `the oldest ${count(total)}` : count(total)), number: true },
  {
    title: 'State',
    cell: ({ state, stoppedBecause }) => (stoppedBecause === null ? state : `${state}: ${stoppedBecause}`),
    long: true,
  },
];

function MakePlan({ query }: { readonly query: URLSearchParams }) {
  const filter = Object.fromEntries(FILTERS.filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
  return (
    <Act
      label="Make a plan"
      title="Plan what to do with these messages"
      run={async () => {
        const plan = await call<Plan>('POST', '/dead-letters/plans', filter);
        go(`/dead-letters/plans/${plan.id}`);
      }}
      done={() => undefined}
    >
      <p>The selection is frozen, and for each message it is found out what would happen. Nothing is sent yet.</p>
    </Act>
  );
}

const STATES = ['parked', 'planned', 'redriven', 'discarded', 'gone'];

function Groups({ query }: { readonly query: URLSearchParams }) {
  const filters = FILTERS.filter((name) => name !== 'cursor');
  const groups = useResource<{ readonly items: readonly LetterGroup[] }>(withFilters('/dead-letters/groups', query, filters));
  return (
    <Loaded from={groups} what="groups">
      {({ items }) =>
        items.length === 0 ? (
          <Empty>No message waits for an operator.</Empty>
        ) : (
          <Table
            caption="Groups of dead letters"
            columns={groupColumns}
            rows={items}
            // The same failure in two services is two groups of one name.
            keyOf={({ group, service }) => `${group} ${service}`}
          />
        )
      }
    </Loaded>
  );
}

function Letters({ query }: { readonly query: URLSearchParams }) {
  const letters = useResource<Page<Letter>>(withFilters('/dead-letters', query, FILTERS));
  return (
    <Loaded from={letters} what="dead letters">
      {({ items, nextCursor }) =>
        items.length > 0 && (
          <>
            <h2>Messages</h2>
            <MakePlan query={query} />
            <Table caption="Dead letters, latest first" columns={letterColumns} rows={items} keyOf={({ id }) => id} />
            <Pager next={nextCursor} />
          </>
        )
      }
    </Loaded>
  );
}

function Plans() {
  const plans = useResource<{ readonly items: readonly Plan[] }>('/dead-letters/plans');
  return (
    <Loaded from={plans} what="plans">
      {({ items }) =>
        items.length === 0 ? (
          <Empty>No plan has been made.</Empty>
        ) : (
          <Table caption="Plans, latest first" columns={planColumns} rows={items} keyOf={({ id }) => id} />
        )
      }
    </Loaded>
  );
}

function Overview({ route: { query } }: ViewProps) {
  return (
    <>
      <h1>Dead letters</h1>
      <p class="lead">
        Messages that services gave up on. They stay in their queue until somebody sends them again or discards them.
      </p>
      <Filters
        fields={[
          { name: 'service', label: 'Service' },
          { name: 'step', label: 'Step' },
          { name: 'type', label: 'Event' },
          { name: 'order', label: 'Order' },
          { name: 'state', label: 'State', choices: STATES.map((each) => [each, each]) },
        ]}
      />
      <h2>Groups: the same failure at the same place</h2>
      <Groups query={query} />
      <Letters query={query} />
      <h2>Plans</h2>
      <Plans />
    </>
  );
}

export function DeadLettersView(props: ViewProps) {
  const [, first, second] = props.route.path;
  if (first === 'plans' && second !== undefined) return <PlanView key={second} id={second} route={props.route} />;
  return first === undefined ? <Overview {...props} /> : <LetterView key={first} id={first} />;
}
