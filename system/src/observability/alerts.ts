import { choreographies } from '../services.js';
import { OPERATIONS_JOB } from './prometheus.js';

/** How quickly rules look and fire; tests are in a hurry. */
export interface Timing {
  /** Over which rates are taken. */
  readonly window: string;
  /** How long a condition must hold before the alert fires, for every alert; each its own without. */
  readonly hold?: string;
  /** Age at which an entry of the outbox is too old, in seconds. */
  readonly outboxAge: number;
  /** By how much the operations service's archive, and what is made of it, may be behind, in seconds. */
  readonly behind: number;
}

export const PRODUCTION: Timing = { window: '5m', outboxAge: 60, behind: 60 };

/** Whoever was told of a parked message has had a working day to look at it. Seconds. */
const DEAD_LETTER_AGE = 86_400;

/** Series at one moment: the expression must find something in the first, and nothing in the second. */
export interface Example {
  readonly fires: readonly string[];
  readonly silent: readonly string[];
}

export interface Alert {
  readonly name: string;
  readonly severity: 'page' | 'ticket';
  readonly hold: string;
  expr(timing: Timing): string;
  readonly summary: string;
  /** What to do, for whoever is woken. */
  readonly remedy: string;
  /** In the notation of promtool's tests, a value a minute. */
  readonly example: Example;
  /** What its example is an example of, too; nothing else fires in it. */
  readonly together?: readonly string[];
}

const queues = choreographies.filter(({ steps }) => Object.keys(steps).length > 0).map(({ service }) => service);
const QUEUES = queues.join('|');
const [someQueue = ''] = queues;
const payment = 'service="payment-service",instance="payment:3003",job="quickstep"';
const operationsTarget = `instance="operations:3000",job="${OPERATIONS_JOB}"`;

const gauge = (name: string, bad: string, good: string, more = ''): Example => ({
  fires: [`${name}{${payment}${more}} ${bad}`],
  silent: [`${name}{${payment}${more}} ${good}`],
});

/** Every alert, with what to do: docs/observability.md is made of this list. */
export const alerts: readonly Alert[] = [
  {
    name: 'QuickstepServiceDown',
    severity: 'page',
    hold: '1m',
    expr: () => 'up{job="quickstep"} == 0',
    summary: 'A service does not answer',
    remedy: 'Look at the end of its log and start it again. Orders wait in its queue meanwhile; none is lost.',
    example: { fires: ['up{instance="a",job="quickstep"} 0x20'], silent: ['up{instance="a",job="quickstep"} 1x20'] },
  },
  {
    name: 'QuickstepServiceNotReady',
    severity: 'page',
    hold: '2m',
    expr: () => 'quickstep_ready == 0',
    summary: 'A service cannot do a part of its work',
    remedy: '`GET /health/ready?of=<work>` of the service names what keeps it from that.',
    example: gauge('quickstep_ready', '0x20', '1x20', ',work="consuming"'),
  },
  {
    name: 'QuickstepDatabaseAway',
    severity: 'page',
    hold: '1m',
    expr: () => 'quickstep_ready{work="commands"} == 0',
    summary: 'A service does not reach its database',
    remedy: 'Start PostgreSQL, or repair the network. Clients get 503; accepted orders are safe, and go on by themselves.',
    example: gauge('quickstep_ready', '0x20', '1x20', ',work="commands"'),
    together: ['QuickstepServiceNotReady'],
  },
  {
    name: 'QuickstepBrokerAway',
    severity: 'page',
    hold: '1m',
    expr: () => 'quickstep_ready{work="publishing"} == 0 unless on (instance) quickstep_unroutable_event_types > 0',
    summary: 'A service does not reach the broker, or the broker takes nothing',
    remedy: 'Start RabbitMQ, or look for its memory and disk alarms. Orders are accepted; their events wait in the outbox.',
    example: {
      fires: [`quickstep_ready{${payment},work="publishing"} 0x20`, `quickstep_unroutable_event_types{${payment}} 0x20`],
      silent: [`quickstep_ready{${payment},work="publishing"} 0x20`, `quickstep_unroutable_event_types{${payment}} 1x20`],
    },
    together: ['QuickstepServiceNotReady'],
  },
  {
    name: 'QuickstepOutboxNotDraining',
    severity: 'page',
    hold: '1m',
    expr: ({ outboxAge }) => `quickstep_outbox_oldest_seconds > ${outboxAge}`,
    summary: 'Events are committed but do not reach the broker',
    remedy: 'See whether the broker is away, or no queue wants the events. They are published when it can be done.',
    example: gauge('quickstep_outbox_oldest_seconds', '100+60x20', '1x20'),
  },
  {
    name: 'QuickstepMessagesParked',
    severity: 'ticket',
    hold: '0s',
    expr: () => 'quickstep_dead_letter_messages > 0',
    summary: 'Messages wait in a dead-letter queue',
    remedy:
      '`npm run ops -- dead-letters groups`, or the console, says why: fix the cause, then send them again by a plan. ' +
      'A parked forward step is compensated by its deadline.',
    example: gauge('quickstep_dead_letter_messages', '1x20', '0x20'),
  },
  {
    name: 'QuickstepOrdersStuck',
    severity: 'page',
    hold: '0s',
    expr: () => 'quickstep_stuck_orders > 0',
    summary: 'Orders could not end after their deadline',
    remedy: '`GET /orders?stuck=true` names them. Look at the service that they wait for, and at its dead letters.',
    example: gauge('quickstep_stuck_orders', '1x20', '0x20'),
  },
  {
    name: 'QuickstepRetriesRising',
    severity: 'ticket',
    hold: '5m',
    expr: ({ window }) =>
      `sum by (service, step) (rate(quickstep_messages_total{result="retried"}[${window}])) / ` +
      `sum by (service, step) (rate(quickstep_messages_total[${window}])) > 0.1`,
    summary: 'More than a tenth of the attempts of a step fail',
    remedy: 'The log of the service says why (`message retried`, once for each reason). Usually a gateway or carrier is away.',
    example: {
      fires: [
        `quickstep_messages_total{${payment},step="chargePayment",result="retried",outcome="retried"} 0+30x20`,
        `quickstep_messages_total{${payment},step="chargePayment",result="done",outcome="charged"} 0+60x20`,
      ],
      silent: [
        `quickstep_messages_total{${payment},step="chargePayment",result="retried",outcome="retried"} 0+1x20`,
        `quickstep_messages_total{${payment},step="chargePayment",result="done",outcome="charged"} 0+60x20`,
      ],
    },
  },
  {
    name: 'QuickstepEffectAway',
    severity: 'page',
    hold: '1m',
    expr: () => 'quickstep_breaker_state == 2',
    summary: 'A gateway, carrier or mailer is away: circuit open',
    remedy: 'Ask its operator. Messages that need it wait and use up no attempts; one call at a time tries whether it is back.',
    example: gauge('quickstep_breaker_state', '2x20', '0x20', ',effect="payment gateway"'),
  },
  {
    name: 'QuickstepQueueWithoutConsumer',
    severity: 'page',
    hold: '2m',
    expr: () => `sum by (vhost, queue) (rabbitmq_detailed_queue_consumers{job="rabbitmq",queue=~"${QUEUES}"}) == 0`,
    summary: 'Nobody takes messages from the queue of a service',
    remedy: 'Start the service, or look why it cannot subscribe: its log names the queue and the argument that differs.',
    example: {
      fires: [`rabbitmq_detailed_queue_consumers{job="rabbitmq",vhost="quickstep",queue="${someQueue}"} 0x20`],
      silent: [
        `rabbitmq_detailed_queue_consumers{job="rabbitmq",vhost="quickstep",queue="${someQueue}"} 1x20`,
        'rabbitmq_detailed_queue_consumers{job="rabbitmq",vhost="quickstep",queue="retry.2s"} 0x20',
      ],
    },
  },
  {
    name: 'QuickstepEventUnroutable',
    severity: 'page',
    hold: '1m',
    expr: () => 'quickstep_unroutable_event_types > 0',
    summary: 'No queue wants some events',
    remedy:
      '`GET /health/ready?of=publishing` names the types. Start the services that consume them: their queues are declared again.',
    example: gauge('quickstep_unroutable_event_types', '1x20', '0x20'),
  },
  {
    name: 'QuickstepOperationsDown',
    severity: 'ticket',
    hold: '2m',
    expr: () => `up{job="${OPERATIONS_JOB}"} == 0`,
    summary: 'The operations service does not answer',
    remedy:
      'Look at the end of its log and start it again. Orders go on without it; nobody sees them, and parked messages wait. It reads on where it ' +
      'stopped, as long as the services keep their logs.',
    example: {
      fires: [`up{${operationsTarget}} 0x20`],
      silent: [`up{${operationsTarget}} 1x20`, 'up{instance="a",job="quickstep"} 0x20'],
    },
  },
  {
    name: 'QuickstepArchiveBehind',
    severity: 'ticket',
    hold: '2m',
    expr: ({ behind }) => `quickstep_archive_lag_seconds > ${behind}`,
    summary: 'The archive is behind the log of a service',
    remedy:
      '`GET /health/ready?of=following` of the operations service names the log and the reason. Usually the service is down, or has another secret. ' +
      'The console shows old data of it; nothing is lost as long as its log is kept.',
    example: {
      fires: [`quickstep_archive_lag_seconds{service="payment-service",${operationsTarget}} 0+60x20`],
      silent: [`quickstep_archive_lag_seconds{service="payment-service",${operationsTarget}} 2x20`],
    },
  },
  {
    name: 'QuickstepProjectionBehind',
    severity: 'ticket',
    hold: '2m',
    expr: ({ behind }) => `quickstep_projection_oldest_seconds > ${behind}`,
    summary: 'A projection is behind the archive',
    remedy:
      '`GET /health/ready?of=consuming` of the operations service says why it stands still; look for who holds a lock on its tables. What it has ' +
      'left out it applies later. While one is rebuilt after an update, wait.',
    example: {
      fires: [`quickstep_projection_oldest_seconds{projection="sagas",${operationsTarget}} 0+60x20`],
      silent: [`quickstep_projection_oldest_seconds{projection="sagas",${operationsTarget}} 1x20`],
    },
  },
  {
    name: 'QuickstepDeadLettersOld',
    severity: 'page',
    hold: '0s',
    expr: () => `quickstep_dead_letters_oldest_seconds > ${DEAD_LETTER_AGE}`,
    summary: 'A parked message has waited for an operator for more than a day',
    remedy:
      'Decide about it: `npm run ops -- dead-letters groups`, or the console; send it again by a plan, or discard it. From `INBOX_RETENTION_DAYS` ' +
      'after its first failure on it can no longer be sent again.',
    example: {
      fires: [`quickstep_dead_letters_oldest_seconds{${operationsTarget}} ${DEAD_LETTER_AGE}+60x20`],
      silent: [`quickstep_dead_letters_oldest_seconds{${operationsTarget}} 0+60x20`],
    },
  },
];
