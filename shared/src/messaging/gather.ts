import { Socket } from 'node:net';
import type { Channel } from 'amqplib';

/** amqplib keeps its socket to itself; without it writes are simply not gathered. */
function socketOf(channel: Pick<Channel, 'connection'>): Socket | undefined {
  const { connection } = channel;
  return 'stream' in connection && connection.stream instanceof Socket ? connection.stream : undefined;
}

/**
 * Makes the messages that are published in one turn of the event loop leave in one system call: amqplib writes each message on its
 * own, and a write to a socket costs more than everything else that is done for a message.
 */
export function gatherWrites(channel: Pick<Channel, 'connection'>): () => void {
  const socket = socketOf(channel);
  let corked = false;
  return () => {
    if (corked || socket === undefined) return;
    corked = true;
    socket.cork();
    // amqplib hands messages to the socket in the `setImmediate` that it schedules when they are published: wait for that one.
    setImmediate(() =>
      setImmediate(() => {
        corked = false;
        socket.uncork();
      }),
    );
  };
}
