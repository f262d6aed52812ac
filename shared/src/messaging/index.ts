export type { BindingRecord } from './bindings.js';
export { type Broker, type BrokerOptions, connectBroker } from './connection.js';
export { AmqpConsumer, type AmqpConsumerOptions, type CatchUp } from './consumer.js';
export { BrokerRefused } from './errors.js';
export { BATCH_LIMITS, type BatchLimits, batchedMessages, headers, type Message } from './messages.js';
export { type ParkedMessage, type ParkedOrigin, parkedMessage, type ReceivedMessage } from './parked.js';
export { AmqpPublisher, type AmqpPublisherOptions } from './publisher.js';
export { checkLayout, declareExchanges, declareTopology } from './topology.js';
