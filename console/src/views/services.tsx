import { call } from '../data/api.js';
import { count, duration } from '../data/format.js';
import { useResource } from '../data/resource.js';
import type { ServiceState } from '../data/types.js';
import { Act } from '../parts/act.js';
import { Badge } from '../parts/badge.js';
import { Loaded } from '../parts/state.js';
import { type Column, Table } from '../parts/table.js';

const sumOf = ({ samples }: ServiceState, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined => {
  const fitting = samples.filter(
    (each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
  );
  return fitting.length === 0 ? undefined : fitting.reduce((sum, each) => sum + each.value, 0);
};
const told = (value: number | undefined) => (value === undefined ? '–' : count(value));
const mean = (state: ServiceState, name: string) => {
  const samples = sumOf(state, `${name}_count`);
  const sum = sumOf(state, `${name}_sum`);
  return samples === undefined || sum === undefined || samples === 0 ? undefined : sum / samples;
};
const seconds = (value: number | undefined) => (value === undefined ? '–' : duration(value * 1_000));

function Ready({ ready }: { readonly ready: boolean | null }) {
  if (ready === null) return <Badge tone="bad">does not answer</Badge>;
  return ready ? <Badge tone="good">ready</Badge> : <Badge tone="bad">not ready</Badge>;
}

const STATES = ['closed', 'half-open', 'open'];
const breakers = ({ samples }: ServiceState) =>
  samples
    .filter(({ name }) => name === 'quickstep_breaker_state')
    .map(({ labels, value }) => `${labels.effect}: ${STATES[value] ?? value}`);

const columns: readonly Column<ServiceState>[] = [
  { title: 'Service', cell: ({ service }) => service, whole: true },
  { title: 'State', cell: ({ ready }) => <Ready ready={ready} /> },
  { title: 'What is wrong', cell: ({ troubles }) => troubles.join('; ') || 'nothing' },
  { title: 'In queue', cell: (state) => told(sumOf(state, 'quickstep_queue_messages')), number: true },
  { title: 'In hand', cell: (state) => told(sumOf(state, 'quickstep_in_flight_messages')), number: true },
  { title: 'Done', cell: (state) => told(sumOf(state, 'quickstep_messages_total', { result: 'done' })), number: true },
  { title: 'Retried', cell: (state) => told(sumOf(state, 'quickstep_messages_total', { result: 'retried' })), number: true },
  { title: 'Parked', cell: (state) => told(sumOf(state, 'quickstep_dead_letter_messages')), number: true },
  { title: 'Unpublished', cell: (state) => told(sumOf(state, 'quickstep_outbox_entries')), number: true },
  { title: 'Mean batch', cell: (state) => mean(state, 'quickstep_batch_messages')?.toFixed(1) ?? '–', number: true },
  { title: 'Mean handling', cell: (state) => seconds(mean(state, 'quickstep_handling_seconds')), number: true },
  { title: 'Circuit breakers', cell: (state) => breakers(state).join(', ') },
];

interface Projection {
  readonly name: string;
  readonly version: number;
  readonly lag: number;
  readonly failure: string | null;
  readonly generations: readonly { readonly live: boolean; readonly events: number }[];
}

const projectionColumns: readonly Column<Projection>[] = [
  { title: 'Projection', cell: ({ name }) => name },
  { title: 'Version', cell: ({ version }) => String(version), number: true },
  { title: 'Events behind', cell: ({ lag }) => told(lag), number: true },
  { title: 'Why it stands still', cell: ({ failure }) => failure ?? 'it does not' },
  { title: 'Being rebuilt', cell: ({ generations }) => (generations.some(({ live }) => !live) ? 'yes' : 'no') },
];

function Rebuild({ name, done }: { readonly name: string; readonly done: () => void }) {
  return (
    <Act
      quiet
      label={`Rebuild ${name}`}
      title={`Rebuild ${name}?`}
      run={() => call('POST', `/projections/${name}/rebuild`, {})}
      done={done}
    >
      <p>It is made of all events, beside what is shown now, and shown when it has caught up.</p>
    </Act>
  );
}

/** How the services are, and how far what is derived of their events has come. */
export function ServicesView() {
  const services = useResource<{ readonly items: readonly ServiceState[] }>('/services');
  const projections = useResource<{ readonly items: readonly Projection[] }>('/projections');
  return (
    <>
      <h1>Services</h1>
      <p class="lead">What each says of itself now. Numbers of messages count since it started.</p>
      <Loaded from={services} what="services">
        {({ items }) => <Table caption="Services" columns={columns} rows={items} keyOf={({ service }) => service} />}
      </Loaded>
      <h2>What is derived from their events</h2>
      <Loaded from={projections} what="projections">
        {({ items }) => (
          <Table
            caption="Projections"
            columns={[
              ...projectionColumns,
              { title: 'Act', cell: ({ name }) => <Rebuild name={name} done={projections.reload} /> },
            ]}
            rows={items}
            keyOf={({ name }) => name}
          />
        )}
      </Loaded>
    </>
  );
}
