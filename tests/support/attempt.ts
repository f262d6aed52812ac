import { withClient } from '@quickstep/shared/db';
import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';

/** What came of trying something: done, or the code by which it was refused. */
export type Fate = 'done' | string;

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? `${error.code}` : '';
  return code || (error instanceof Error ? error.message : String(error));
}

/** On a channel of its own, which the broker closes to refuse. Without an answer there is none: a confirm is one, and so is any reply. */
export async function tryAt(connection: ChannelModel, attempt: (channel: Channel) => Promise<unknown>): Promise<Fate> {
  const channel = await connection.createChannel();
  let refusal: unknown;
  channel.on('error', (error) => {
    refusal = error;
  });
  try {
    await attempt(channel);
  } catch (error) {
    return codeOf(refusal ?? error);
  }
  await channel.close();
  return 'done';
}

export async function tryPublish(
  connection: ChannelModel,
  exchange: string,
  key: string,
  options: { readonly userId?: string } = {},
): Promise<Fate> {
  const channel: ConfirmChannel = await connection.createConfirmChannel();
  const refused = new Promise<Fate>((resolve) => channel.on('error', (error) => resolve(codeOf(error))));
  channel.publish(exchange, key, Buffer.from('{}'), options);
  const fate = await Promise.race([
    refused,
    channel.waitForConfirms().then(
      () => 'done',
      () => refused,
    ),
  ]);
  if (fate === 'done') await channel.close();
  return fate;
}

/** Connects, and perhaps asks. */
export async function tryQuery(url: string, statement?: string): Promise<Fate> {
  try {
    await withClient(url, async (client) => {
      if (statement !== undefined) await client.query(statement);
    });
    return 'done';
  } catch (error) {
    return codeOf(error);
  }
}
