import type { ConsumeMessage } from 'amqplib';

type Fields = ConsumeMessage['fields'];
type Properties = ConsumeMessage['properties'];

const NO_PROPERTIES: Properties = {
  ...{ contentType: undefined, contentEncoding: undefined, headers: undefined, deliveryMode: 2, priority: undefined },
  ...{ correlationId: undefined, replyTo: undefined, expiration: undefined, messageId: undefined, timestamp: undefined },
  ...{ type: undefined, userId: undefined, appId: undefined, clusterId: undefined },
};

/** A message as amqplib hands it out; its headers may be anything that somebody could write. */
export function received(
  fields: Partial<Fields>,
  { headers, ...properties }: Partial<Omit<Properties, 'headers'>> & { readonly headers?: object | undefined } = {},
  content = '{}',
): ConsumeMessage {
  const written: Pick<Properties, 'headers'> = { headers: undefined };
  if (headers !== undefined) Object.assign(written, { headers });
  return {
    content: Buffer.from(content),
    fields: { deliveryTag: 1, redelivered: false, exchange: '', routingKey: '', consumerTag: '', ...fields },
    properties: { ...NO_PROPERTIES, ...properties, ...written },
  };
}
