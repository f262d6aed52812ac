import { time } from '../data/format.js';
import { useResource } from '../data/resource.js';
import { Badge, type Tone } from '../parts/badge.js';
import { Loaded } from '../parts/state.js';
import { type Column, Table } from '../parts/table.js';

interface Consumer {
  readonly service: string;
  readonly step: string | null;
  readonly status: string;
  readonly createdAt: string | null;
  readonly createdBy: string | null;
  readonly updatedAt: string | null;
  readonly updatedBy: string | null;
}

const TONES: Readonly<Record<string, Tone>> = {
  COMPLETED: 'good',
  ERROR: 'bad',
  FAILED: 'bad',
  RETRY: 'warn',
  IN_PROGRESS: 'warn',
};
const when = (at: string | null, by: string | null) => (at === null ? '' : `${time(at)}${by === null ? '' : ` by ${by}`}`);

const columns: readonly Column<Consumer>[] = [
  { title: 'Consumer', cell: ({ service }) => service, whole: true },
  { title: 'Step', cell: ({ step }) => step ?? '' },
  { title: 'Status', cell: ({ status }) => <Badge tone={TONES[status] ?? 'plain'}>{status}</Badge>, whole: true },
  { title: 'Created', cell: ({ createdAt, createdBy }) => when(createdAt, createdBy), whole: true },
  { title: 'Updated', cell: ({ updatedAt, updatedBy }) => when(updatedAt, updatedBy), whole: true },
];

/** For each consumer of an event, how far it has come with it. */
export function Processing({ id }: { readonly id: string }) {
  const found = useResource<{ readonly items: readonly Consumer[] }>(`/events/${encodeURIComponent(id)}/processing`);
  return (
    <Loaded from={found} what="who has dealt with it">
      {({ items }) => (
        <Table caption="Consumers" columns={columns} rows={items} keyOf={({ service, step }) => `${service} ${step}`} />
      )}
    </Loaded>
  );
}
