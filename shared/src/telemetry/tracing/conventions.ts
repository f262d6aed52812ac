/**
 * Names of OpenTelemetry's semantic conventions, version 1.45.0: HTTP spans (stable), messaging spans and RabbitMQ (in development)
 * (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/).
 */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';

export const conventional = {
  errorType: 'error.type',
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
  scheme: 'url.scheme',
  path: 'url.path',
  system: 'messaging.system',
  /** What the system itself calls the operation: for the handling of a message, the step. */
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  /** `exchange:routing key`, and `:queue` where a message is received. */
  destination: 'messaging.destination.name',
  /** What destinations of the same kind have in common: the type of the event. */
  destinationTemplate: 'messaging.destination.template',
  routingKey: 'messaging.rabbitmq.destination.routing_key',
  messageId: 'messaging.message.id',
  /** The saga. */
  conversationId: 'messaging.message.conversation_id',
  batchSize: 'messaging.batch.message_count',
} as const;

/** What no convention has a name for. */
export const own = {
  subject: 'quickstep.subject',
  step: 'quickstep.step',
  outcome: 'quickstep.outcome',
  effect: 'quickstep.effect',
  reason: 'quickstep.reason',
} as const;

export const RABBITMQ = 'rabbitmq';
