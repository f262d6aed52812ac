/** Class and method of AMQP 0-9-1 in one number (https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf). */
export const methods = {
  channelClose: (20 << 16) | 40,
  channelCloseOk: (20 << 16) | 41,
  consumeOk: (60 << 16) | 21,
  cancel: (60 << 16) | 30,
  ack: (60 << 16) | 80,
} as const;

const METHOD_FRAME = 1;
const FRAME_END = 0xce;
/** Type, channel, size. */
const HEAD_BYTES = 7;
/** `AMQP` and four bytes more; no frame begins with its first letter. */
const PROTOCOL_HEADER = 0x41;
const PROTOCOL_HEADER_BYTES = 8;

export interface Frame {
  readonly channel: number;
  /** Undefined when it is no method. */
  readonly method: number | undefined;
  /** Of a method: class, method and arguments. */
  readonly payload: Buffer;
  readonly bytes: Buffer;
}

/** Cuts what goes in one direction into frames; what is not complete yet waits. The protocol header at the start is passed as it is. */
export function frameFilter(onFrame: (frame: Frame) => Buffer | undefined): (chunk: Buffer) => Buffer | undefined {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const passed: Buffer[] = [];
    if (rest[0] === PROTOCOL_HEADER) {
      if (rest.length < PROTOCOL_HEADER_BYTES) return undefined;
      passed.push(rest.subarray(0, PROTOCOL_HEADER_BYTES));
      rest = rest.subarray(PROTOCOL_HEADER_BYTES);
    }
    while (rest.length >= HEAD_BYTES && rest.length > HEAD_BYTES + rest.readUInt32BE(3)) {
      const end = HEAD_BYTES + rest.readUInt32BE(3) + 1;
      const answer = onFrame(frameOf(rest.subarray(0, end)));
      if (answer !== undefined) passed.push(answer);
      rest = rest.subarray(end);
    }
    return passed.length === 1 ? passed[0] : Buffer.concat(passed);
  };
}

function frameOf(bytes: Buffer): Frame {
  const payload = bytes.subarray(HEAD_BYTES, -1);
  const method = bytes[0] === METHOD_FRAME ? payload.readUInt32BE(0) : undefined;
  return { channel: bytes.readUInt16BE(1), method, payload, bytes };
}

/** What `consume-ok` says: class and method, then the consumer's tag. */
export const consumerTagOf = ({ payload }: Frame) => payload.toString('latin1', 5, 5 + payload.readUInt8(4));

/** What a broker sends when it takes a consumer away (https://www.rabbitmq.com/docs/consumer-cancel). */
export function cancelFrame(channel: number, consumerTag: string): Buffer {
  const tag = Buffer.from(consumerTag, 'latin1');
  const frame = Buffer.alloc(HEAD_BYTES + 4 + 1 + tag.length + 1 + 1);
  frame.writeUInt8(METHOD_FRAME, 0);
  frame.writeUInt16BE(channel, 1);
  frame.writeUInt32BE(frame.length - HEAD_BYTES - 1, 3);
  frame.writeUInt32BE(methods.cancel, HEAD_BYTES);
  frame.writeUInt8(tag.length, HEAD_BYTES + 4);
  tag.copy(frame, HEAD_BYTES + 5);
  // The last bit of the arguments: no answer is wanted.
  frame.writeUInt8(1, frame.length - 2);
  frame.writeUInt8(FRAME_END, frame.length - 1);
  return frame;
}
