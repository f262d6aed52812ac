import type { Retention } from '@quickstep/shared/db';
import type { Adapter } from '@quickstep/shared/service';
import type { Ledger } from './ledger.js';
import { LedgerTables1760000000000 } from './ledger-migration.js';
import { PgLedger } from './pg-ledger.js';

/** A provider that has forgotten a key acts again when it is asked again: not before no message can come again. */
const retention = (days: number): Retention[] =>
  ['provider_answers', 'provider_attempts'].map((table) => ({ table, column: 'created_at', days }));

/** A provider of the outside world that is simulated: it keeps its ledger in the database of the service that asks it. */
export function simulated<Port, Answer extends object>(name: string, provider: (ledger: Ledger<Answer>) => Port): Adapter<Port> {
  return {
    migrations: [LedgerTables1760000000000],
    retention,
    connect({ dataSource, onStop }) {
      const ledger = new PgLedger<Answer>(dataSource);
      onStop(name, () => ledger.close());
      return provider(ledger);
    },
  };
}
