import type { OperationsClient } from './client.js';

interface PlanItem {
  readonly verdict: string;
  readonly detail: string | null;
  /** Of a skipped one: it was found out when its turn came. Without it, it was left out from the start, for its verdict. */
  readonly decidedAt: string | null;
}

const READ = 1_000;
const SHOWN = 20;

/** Why messages of a plan were skipped, or what stands behind a verdict: a line for each reason, the most frequent first. */
export async function reasonsIn(
  client: Pick<OperationsClient, 'json'>,
  plan: string,
  which: 'state=skipped' | 'verdict=body-gone',
): Promise<readonly string[]> {
  const path = `/dead-letters/plans/${plan}/items?${which}&limit=${READ}`;
  const { items, nextCursor } = await client.json<{ items: PlanItem[]; nextCursor?: string }>('GET', path);
  const counts = new Map<string, number>();
  for (const { verdict, detail, decidedAt } of items) {
    const words = decidedAt === null ? [verdict, detail] : [detail];
    const reason = words.filter((word) => word !== null).join(': ');
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const lines = [...counts].sort(([, a], [, b]) => b - a).map(([reason, count]) => `${count} ${reason}`);
  const more = lines.length - SHOWN;
  return [
    ...lines.slice(0, SHOWN),
    ...(more > 0 ? [`and ${more} reasons more`] : []),
    ...(nextCursor === undefined ? [] : [`of the first ${READ}; the others have not been looked at`]),
  ];
}
