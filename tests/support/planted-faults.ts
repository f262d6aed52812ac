import type { PrometheusServer } from './prometheus-server.js';
import { until } from './until.js';
import type { WatchedSystem } from './watched-system.js';

/** What goes wrong in a watched system; several things at once where their alerts differ. */
export interface Fault {
  readonly what: string;
  /** What must fire under it. */
  readonly alerts: readonly string[];
  plant(): Promise<void>;
  mend(): Promise<void>;
}

interface Watched {
  system(): WatchedSystem;
  prometheus(): PrometheusServer;
}

const UNPAYABLE = 5;

const inTurn = async (work: readonly (() => Promise<unknown>)[]) => {
  for (const each of work) await each();
};

/** Every alert fires under one of these. */
export function plantedFaults({ system, prometheus }: Watched): readonly Fault[] {
  /** Again and again: what the operations service is looking at just now is not in the queue. */
  async function purge(queue: string): Promise<void> {
    await until(
      async () => {
        await system().vhost.api<void>(`/queues/{vhost}/${queue}/contents`, { method: 'DELETE' });
        await prometheus().hasLookedAgain();
        return (await prometheus().firing()).includes('QuickstepMessagesParked') ? undefined : true;
      },
      () => `The queue ${queue} is not empty`,
    );
  }
  const placeUnpayable = () =>
    inTurn(Array.from({ length: UNPAYABLE }, () => () => system().place({ paymentMethod: 'pm_gateway_down' })));
  /** Once all are parked: what comes later would fire again. What was put off while the breaker was open waits for up to a minute. */
  async function purgeUnpayable(): Promise<void> {
    const parked = `quickstep_dead_letter_messages{service="payment-service"} == ${UNPAYABLE}`;
    await until(
      async () => (await prometheus().query(parked)).length > 0 || undefined,
      () => 'Not all of the unpayable orders are parked',
    );
    await purge('payment-service.dead-letter');
  }
  let stuck = '';
  return [
    {
      what: 'a service is stopped, and an order cannot end without it',
      alerts: ['QuickstepServiceDown', 'QuickstepQueueWithoutConsumer', 'QuickstepOrdersStuck'],
      plant: async () => {
        await system().stop('shipping');
        stuck = await system().place();
        await inTurn([() => system().expire(stuck), () => system().expire(stuck)]);
      },
      mend: async () => {
        await system().start('shipping');
        await system().isIn(stuck, 'COMPLETED', 'CANCELLED');
      },
    },
    {
      what: 'the database of a service is away',
      alerts: ['QuickstepDatabaseAway', 'QuickstepServiceNotReady'],
      plant: async () => system().proxy('database').cut(),
      mend: async () => system().proxy('database').mend(),
    },
    {
      what: 'the broker is away from a service that takes an order, and the operations service is stopped',
      alerts: ['QuickstepBrokerAway', 'QuickstepServiceNotReady', 'QuickstepOutboxNotDraining', 'QuickstepOperationsDown'],
      plant: async () => {
        await system().operations.stop();
        system().proxy('broker').cut();
        await system().place();
      },
      mend: async () => {
        system().proxy('broker').mend();
        await system().operations.start();
      },
    },
    {
      what: 'the payment gateway is away',
      alerts: ['QuickstepRetriesRising', 'QuickstepMessagesParked'],
      plant: () => placeUnpayable(),
      mend: () => purgeUnpayable(),
    },
    {
      what: 'the payment gateway is left alone by its circuit breaker',
      alerts: ['QuickstepEffectAway'],
      plant: async () => {
        await system().stop('payment');
        await system().start('payment', { BREAKER_CALLS: '2', BREAKER_PROBE_MS: '1000' });
        await placeUnpayable();
      },
      mend: async () => {
        await system().stop('payment');
        await system().start('payment');
        await purgeUnpayable();
      },
    },
    {
      what: 'the queue of a service is gone while it is down',
      alerts: ['QuickstepEventUnroutable', 'QuickstepServiceNotReady', 'QuickstepOutboxNotDraining'],
      plant: async () => {
        await system().stop('notification');
        await system().vhost.api('/queues/{vhost}/notification-service', { method: 'DELETE' });
        await system().place();
      },
      mend: () => system().start('notification', { CATCH_UP: 'beginning' }),
    },
    {
      what: 'the log of a service that does its work cannot be read, and somebody locks the rows of a projection',
      alerts: ['QuickstepArchiveBehind', 'QuickstepServiceNotReady', 'QuickstepProjectionBehind'],
      plant: async () => {
        system().operations.log.cut();
        await system().operations.lock('sagas');
        await system().isIn(await system().place(), 'COMPLETED');
      },
      mend: async () => {
        await system().operations.unlock();
        system().operations.log.mend();
      },
    },
    {
      what: 'a message that cannot be read is parked and left alone for two days',
      alerts: ['QuickstepDeadLettersOld', 'QuickstepMessagesParked'],
      plant: async () => {
        await system().publish('order.events', 'order.created', 'nonsense {');
        await system().operations.ageDeadLetters();
      },
      mend: () => purge('inventory-service.dead-letter'),
    },
  ];
}
