import { type ConsumeMessage, connect } from 'amqplib';

export type Ending = 'completed' | 'cancelled';
export type Ended = (orderId: string, ending: Ending) => void;

const exchange = 'order.events';
const endings: Record<string, Ending> = { 'order.completed': 'completed', 'order.cancelled': 'cancelled' };
const batchType = 'application/cloudevents-batch+json';

/**
 * Hears of every order that ends, through a queue of its own that vanishes with its connection. Asking the order service for each
 * order would cost more than the order.
 */
export async function listenForEndings(rabbitmqUrl: string, ended: Ended): Promise<void> {
  const connection = await connect(rabbitmqUrl, { noDelay: true, clientProperties: { connection_name: 'benchmark' } });
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true, durable: false });
  for (const type of Object.keys(endings)) await channel.bindQueue(queue, exchange, type);
  await channel.consume(queue, (message) => message && read(message, ended), { noAck: true });
}

interface EventHead {
  type: string;
  subject: string;
}

function read(message: ConsumeMessage, ended: Ended): void {
  if (message.properties.contentType === batchType) {
    const events: EventHead[] = JSON.parse(message.content.toString());
    for (const { type, subject } of events) tell(type, subject, ended);
  } else {
    tell(message.fields.routingKey, String(message.properties.correlationId), ended);
  }
}

function tell(type: string, orderId: string, ended: Ended): void {
  const ending = endings[type];
  if (ending !== undefined) ended(orderId, ending);
}
