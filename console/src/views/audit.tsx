import { time } from '../data/format.js';
import { useResource } from '../data/resource.js';
import { to, toOrder } from '../data/router.js';
import type { AuditEntry, Page } from '../data/types.js';
import { withFilters } from '../parts/filters.js';
import { Pager } from '../parts/pager.js';
import { Empty, Loaded } from '../parts/state.js';
import { type Column, Table } from '../parts/table.js';
import type { ViewProps } from '../view.js';

/** Where the thing that was acted on is shown. */
function About({ entry: { what, about } }: { readonly entry: AuditEntry }) {
  if (about === null) return null;
  if (what.startsWith('sagas.')) return <a href={toOrder(about)}>order</a>;
  if (/^dead-letters\.(plan|redrive|discard|stop)/.test(what)) return <a href={to(`/dead-letters/plans/${about}`)}>plan</a>;
  if (what.startsWith('dead-letters.')) return <a href={to(`/dead-letters/${about}`)}>dead letter</a>;
  return <>{about}</>;
}

const columns: readonly Column<AuditEntry>[] = [
  { title: 'When', cell: ({ at }) => time(at), whole: true },
  { title: 'Who', cell: ({ who }) => who, whole: true },
  { title: 'What', cell: ({ what }) => what, whole: true },
  { title: 'About', cell: (entry) => <About entry={entry} /> },
  { title: 'Why', cell: ({ why }) => why ?? '', long: true },
  { title: 'Result', cell: ({ result }) => result, long: true },
];

/** Every operator's act. */
export function AuditView({ route }: ViewProps) {
  const found = useResource<Page<AuditEntry>>(withFilters('/audit', route.query, []));
  return (
    <>
      <h1>Audit</h1>
      <p class="lead">Who did what, when and why, and what came of it.</p>
      <Loaded from={found} what="the audit">
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>No operator has done anything yet.</Empty>
          ) : (
            <>
              <Table caption="Acts of operators, latest first" columns={columns} rows={items} keyOf={({ id }) => id} />
              <Pager next={nextCursor} />
            </>
          )
        }
      </Loaded>
    </>
  );
}
