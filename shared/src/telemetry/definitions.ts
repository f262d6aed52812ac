/** Of what may wait for its deadline. */
const LONG = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface MetricDefinition {
  /** `quickstep_...` */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** Upper bounds, when it is a histogram. */
  readonly buckets?: readonly number[];
}

/** Every metric of a service besides those of its process: names and meanings, for dashboards, alerts and documents. */
export const definitions = {
  messages: {
    name: 'quickstep_messages_total',
    help: 'Messages handled, by step, result (done, duplicate, notDue, refused, retried, waiting, parked) and outcome as the step declares it',
    labelNames: ['step', 'result', 'outcome'],
  },
  undecodable: { name: 'quickstep_undecodable_messages_total', help: 'Messages parked because they could not be read' },
  forged: {
    name: 'quickstep_forged_messages_total',
    help: 'Events parked because they did not come the way, or from whom, their contract says',
  },
  handling: {
    name: 'quickstep_handling_seconds',
    help: 'From the arrival of a message to its commit, by step',
    labelNames: ['step'],
    buckets: SECONDS,
  },
  age: {
    name: 'quickstep_event_age_seconds',
    help: 'From when an event happened to the commit of what follows from it, by step: how far the service is behind',
    labelNames: ['step'],
    buckets: LONG,
  },
  saga: {
    name: 'quickstep_saga_seconds',
    help: 'From the beginning of a saga to its end, by ending',
    labelNames: ['ending'],
    buckets: LONG,
  },
  batchSize: {
    name: 'quickstep_batch_messages',
    help: 'Messages in one transaction',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
  },
  batchSeconds: { name: 'quickstep_batch_seconds', help: 'Duration of one transaction', buckets: SECONDS },
  conflicts: {
    name: 'quickstep_batch_conflicts_total',
    help: 'Transactions undone because another was in the way, and attempted again',
  },
  requests: {
    name: 'quickstep_http_request_seconds',
    help: 'From the first byte of a request to its answer, by method, route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
  },
  outbox: { name: 'quickstep_outbox_entries', help: 'Batches of events that are committed but not confirmed by the broker yet' },
  outboxAge: {
    name: 'quickstep_outbox_oldest_seconds',
    help: 'Age of the oldest batch of events that is committed but not confirmed by the broker yet; 0 when there is none',
  },
  ready: {
    name: 'quickstep_ready',
    help: 'Whether the service can do a part of its work (commands, consuming, publishing, following, effects): 1 or 0',
    labelNames: ['work'],
  },
  queue: { name: 'quickstep_queue_messages', help: "Messages in the service's queue that nobody has been given yet" },
  consumers: { name: 'quickstep_queue_consumers', help: "Consumers of the service's queue, of all its replicas" },
  inFlight: { name: 'quickstep_in_flight_messages', help: 'Messages that were delivered and are not settled yet' },
  readers: { name: 'quickstep_log_waiting_readers', help: 'Readers of the log that wait for its next event' },
  deleted: {
    name: 'quickstep_deleted_rows_total',
    help: 'Rows deleted, or emptied of what they held, because they were older than the rule of their table keeps them, by table',
    labelNames: ['table'],
  },
  resent: {
    name: 'quickstep_log_events_sent_total',
    help: 'Events sent from the log to a service that asked for them, by service',
    labelNames: ['to'],
  },
  recreated: {
    name: 'quickstep_queues_recreated_total',
    help: 'Queues of the service other than its own that were gone while it ran and had to be created again, by queue',
    labelNames: ['queue'],
  },
  missed: {
    name: 'quickstep_catch_up_requests',
    help: 'Services that are still to be asked for the events that were missed',
  },
  parked: { name: 'quickstep_dead_letter_messages', help: 'Messages in the dead-letter queue, waiting for an operator' },
  breakerState: {
    name: 'quickstep_breaker_state',
    help: 'Circuit breaker of a part of the outside world: 0 closed, 1 one call finds out whether it is back, 2 open',
    labelNames: ['effect'],
  },
  breakerTransitions: {
    name: 'quickstep_breaker_transitions_total',
    help: 'Changes of a circuit breaker, by the state that it came to (closed, half-open, open)',
    labelNames: ['effect', 'state'],
  },
  breakerProbe: {
    name: 'quickstep_breaker_probe_seconds',
    help: 'Until one call finds out whether the outside world is back; 0 when calls are made',
    labelNames: ['effect'],
  },
  effectsRunning: { name: 'quickstep_effect_calls', help: 'Calls to the outside world under way', labelNames: ['effect'] },
  effectsWaiting: {
    name: 'quickstep_effect_calls_waiting',
    help: 'Calls to the outside world that wait for their turn, as many are under way',
    labelNames: ['effect'],
  },
  retryLimit: {
    name: 'quickstep_retry_limit',
    help: 'Attempts after the first before a message of the step is parked; +Inf: never',
    labelNames: ['step'],
  },
  retryLongest: {
    name: 'quickstep_retry_longest_seconds',
    help: 'The longest wait between two attempts of the step',
    labelNames: ['step'],
  },
  unroutable: { name: 'quickstep_unroutable_event_types', help: 'Types of events that came back because no queue wants them' },
} as const;
