import type { ServiceConfig } from '@quickstep/shared/config';
import type { Message } from '@quickstep/shared/messaging';
import { type Observer, reasonOf } from '@quickstep/shared/pipeline';
import type { Part, Resources } from '@quickstep/shared/service';
import { DeadLetterIndex } from '../db/dead-letter-index.js';
import { PlanItems } from '../db/dead-letter-items.js';
import { endPlan, findPlan } from '../db/dead-letter-plans.js';
import { type DeadLetterBroker, openDeadLetterBroker } from './dead-letter-broker.js';
import type { Inboxes } from './inboxes.js';
import { IndexFeed } from './index-feed.js';
import { Outcomes } from './outcomes.js';
import { PlanRunner } from './plan-runner.js';

interface DeadLettersPartOptions {
  readonly config: Pick<ServiceConfig, 'rabbitmqUrl'> & { readonly compareEvery: number };
  readonly inboxes: Inboxes;
  readonly resources: Pick<Resources, 'dataSource' | 'logger'>;
}

export const INDEXED = {
  name: 'quickstep_dead_letters_waiting',
  help: 'Parked messages of all services that wait for an operator, as the index knows them',
} as const;

/** From `INBOX_RETENTION_DAYS` on it can no longer be sent again. */
export const OLDEST = {
  name: 'quickstep_dead_letters_oldest_seconds',
  help: 'Since the parked message that has waited longest for an operator failed for the first time; 0 when none waits',
} as const;

export interface DeadLettersPart extends Part {
  /** Resolves when the broker has it. @throws Error when it does not take it */
  publish(message: Message): Promise<void>;
}

/** Keeps the index of dead letters, and carries out what operators decide about them. */
export function deadLettersPart({ config, inboxes, resources: { dataSource, logger } }: DeadLettersPartOptions): DeadLettersPart {
  const observer: Pick<Observer, 'trouble'> = { trouble: (what, error) => logger.warn(what, { reason: reasonOf(error) }) };
  const index = new DeadLetterIndex(dataSource);
  let broker: DeadLetterBroker | undefined;
  let feed: IndexFeed | undefined;
  let runner: PlanRunner | undefined;
  return {
    name: 'dead letters',
    async publish(message) {
      if (broker === undefined) throw new Error('The connections to the broker are not started');
      await broker.publisher.publishCopy(message);
    },
    async start() {
      broker = await openDeadLetterBroker(config.rabbitmqUrl, observer);
      feed = new IndexFeed({ connection: broker.consuming, index, observer });
      await feed.start();
      const items = new PlanItems(dataSource);
      runner = new PlanRunner({
        broker,
        index,
        items,
        outcomes: new Outcomes({ index, items, inboxes }),
        observer,
        logger,
        compareEvery: config.compareEvery,
        plan: (id) => findPlan(dataSource, id),
        end: (plan, because) => endPlan(dataSource, plan, because),
      });
      runner.start();
    },
    async stop() {
      broker?.closeWhenAway();
      await runner?.stop();
      await feed?.stop();
      await broker?.close();
    },
    checks: [
      {
        name: 'dead letters',
        of: 'consuming',
        check: () => (feed?.subscribed ? undefined : 'the copies of parked messages are not read'),
      },
    ],
    gauges: [
      {
        ...INDEXED,
        read: async () => [...(await index.counts()).values()].reduce((sum, count) => sum + count, 0),
      },
      { ...OLDEST, read: () => index.oldestSeconds() },
    ],
  };
}
