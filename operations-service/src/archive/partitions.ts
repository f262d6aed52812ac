import type { QueryRunner } from 'typeorm';

/** `2026_11` for a time in November 2026 (UTC). */
export function monthOf(time: Date): string {
  return `${time.getUTCFullYear()}_${String(time.getUTCMonth() + 1).padStart(2, '0')}`;
}

function boundsOf(month: string): [string, string] {
  const [year = 0, number = 0] = month.split('_').map(Number);
  const first = (index: number) => new Date(Date.UTC(year, index)).toISOString();
  return [first(number - 1), first(number)];
}

/** Makes the partitions of these months that are missing. Whoever calls it holds the lock of the archive's writers. */
export async function createPartitions(runner: Pick<QueryRunner, 'query'>, months: readonly string[]): Promise<void> {
  const missing: { month: string }[] = await runner.query(
    "select month from unnest($1::text[]) as month where to_regclass('archive_' || month) is null",
    [months],
  );
  for (const { month } of missing) {
    const [since, until] = boundsOf(month);
    await runner.query(`create table archive_${month} partition of archive for values from ('${since}') to ('${until}')`);
  }
}
