import type { DataSource } from 'typeorm';
import { Answering, Asking, Progress } from '../../catch-up/index.js';
import type { Topology } from '../../choreography/index.js';
import type { ServiceConfig } from '../../config/index.js';
import { PgCatchUp, type PgEventLog } from '../../db/index.js';
import type { EventContract } from '../../events/index.js';
import type { Logger } from '../../logging/index.js';
import type { CatchUp, Message } from '../../messaging/index.js';
import { type Clock, type Handled, inAllMajors } from '../../pipeline/index.js';
import { definitions, type Metrics } from '../../telemetry/index.js';
import type { Part } from '../part.js';

interface CatchUpOptions {
  readonly config: Pick<ServiceConfig, 'service' | 'catchUp'>;
  readonly topology: Topology;
  /** The contracts of what the service emits. */
  readonly emitted: readonly EventContract[];
  readonly dataSource: DataSource;
  readonly log: PgEventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly copies: { publishCopy(message: Message): Promise<void> };
}

export interface CatchUpPart extends Part, CatchUp {
  handled(handled: Handled): void;
  /** Called before the consumer stops, which waits for what is being answered. */
  close(): void;
}

/** Asks others for what was missed, and answers those that ask. Nothing of it works without a consumer. */
export function catchUpPart(options: CatchUpOptions): CatchUpPart {
  const { config, topology, emitted, dataSource, log, clock, logger, metrics, copies } = options;
  const { service, catchUp: from } = config;
  const record = new PgCatchUp(dataSource);
  const asking = new Asking({ service, emitters: topology.emitters, from, record, copies, clock, logger });
  const answering = new Answering({ service, log, copies, logger, inAllMajors: inAllMajors(emitted), sent: metrics.resent });
  const progress = new Progress({ record, clock, logger });
  return {
    name: 'catching up',
    prepare: (missing) => asking.prepare(missing),
    ask: () => asking.ask(),
    answer: (body, routingKey, gone) => answering.answer(body, routingKey, gone),
    handled: (handled) => progress.handled(handled),
    close: () => answering.stop(),
    async stop() {
      await asking.stop();
      await progress.stop();
    },
    gauges: [{ ...definitions.missed, read: async () => (await record.missed()).length }],
  };
}
