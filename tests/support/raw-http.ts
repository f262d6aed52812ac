import { connect } from 'node:net';

/** One answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawExchange {
  readonly answers: readonly RawAnswer[];
  /** From the first byte sent to the first byte received. Milliseconds; undefined when nothing came. */
  readonly milliseconds: number | undefined;
}

/** A client that has sent all this long ago and heard nothing is one that the server has forgotten. */
const FORGOTTEN_MS = 60_000;

/** Parses answers that follow each other; they carry a length, or none and no body. @throws Error when there is something else */
export function parseAnswers(bytes: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`An answer breaks off: ${rest.toString('latin1')}`);
    const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    if (Number.isNaN(status)) throw new Error(`This is no answer: ${first}`);
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const length = Number(headers.get('content-length') ?? 0);
    // An answer to HEAD names the length of a body that does not come.
    const body = rest.subarray(end + 4, end + 4 + length);
    const hasBody = body.length > 0 && !body.subarray(0, 9).equals(Buffer.from('HTTP/1.1 '));
    if (status >= 200) answers.push({ status, headers, body: hasBody ? body.toString('utf8') : '' });
    rest = rest.subarray(end + 4 + (hasBody ? length : 0));
  }
  return answers;
}

/**
 * Sends bytes on a connection of their own, in the given pieces, and hears everything that comes until the server closes.
 *
 * @param hangUp whether to close our side at once: to the server a client that does so is gone, and need not be answered
 */
export function exchange(url: string, pieces: readonly Buffer[], hangUp: boolean): Promise<RawExchange> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    let sent = 0;
    let milliseconds: number | undefined;
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }, () => {
      sent = performance.now();
      for (const piece of pieces) socket.write(piece);
      if (hangUp) socket.end();
    });
    socket.on('end', () => socket.end());
    socket.setTimeout(FORGOTTEN_MS, () => socket.destroy(new Error('The server never answers and never closes')));
    socket.on('data', (chunk) => {
      milliseconds ??= performance.now() - sent;
      received.push(chunk);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // The server may close before it has taken everything.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => {
      try {
        resolve({ answers: parseAnswers(Buffer.concat(received)), milliseconds });
      } catch (error) {
        reject(error);
      }
    });
  });
}
