import { REDELIVER_EXCHANGE, REDRIVEN } from '@quickstep/shared/choreography';
import { connect } from 'amqplib';
import { until } from './until.js';

/** Sends the first parked message of a service back to its queue, through the exchange by which copies come back. */
export async function redriveFirst(url: string, service: string): Promise<void> {
  const connection = await connect(url, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  const message = await until(
    async () => (await channel.get(`${service}.dead-letter`)) || undefined,
    () => `Nothing is parked for ${service}`,
  );
  const { messageId, type, contentType, headers } = message.properties;
  channel.publish(REDELIVER_EXCHANGE, `${REDRIVEN}.${service}`, message.content, {
    messageId,
    type,
    contentType,
    headers,
    persistent: true,
  });
  await channel.waitForConfirms();
  channel.ack(message);
  await connection.close();
}
