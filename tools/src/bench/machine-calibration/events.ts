import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';

interface Event {
  readonly id: string;
  readonly causationid?: string;
}

/**
 * One JSON text a line; what is sent within a turn of the event loop goes out in one write. Ends the process with the connection.
 * Returns the way to send.
 */
export function eachEvent(socket: Socket, handle: (event: Event) => void): (event: Event) => void {
  socket.setNoDelay(true);
  // Neither process can do without the other.
  const end = () => process.exit(1);
  socket.on('error', end).on('close', end);
  createInterface({ input: socket }).on('line', (line) => handle(JSON.parse(line)));
  let corked = false;
  return (event) => {
    if (!corked) {
      socket.cork();
      corked = true;
      setImmediate(() => {
        socket.uncork();
        corked = false;
      });
    }
    socket.write(`${JSON.stringify(event)}\n`);
  };
}
