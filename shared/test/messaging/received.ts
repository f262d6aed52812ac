import type { ConsumeMessage } from 'amqplib';

type Fields = ConsumeMessage['fields'];
type Properties = ConsumeMessage['properties'];

const NO_PROPERTIES: Properties = {
  ...{ contentType: undefined, contentEncoding: undefined, headers: undefined, deliveryMode: 2, priority: undefined },
  ...{ correlationId: undefined, replyTo: undefined, expiration: undefined, messageId: undefined, timestamp: undefined },
  ...{ type: undefined, userId: undefined, appId: undefined, clusterId: undefined },
};

/** A message as amqplib hands it out. */
export function received(fields: Partial<Fields>, properties: Partial<Properties> = {}, content = '{}'): ConsumeMessage {
  return {
    content: Buffer.from(content),
    fields: { deliveryTag: 1, redelivered: false, exchange: '', routingKey: '', consumerTag: '', ...fields },
    properties: { ...NO_PROPERTIES, ...properties },
  };
}
