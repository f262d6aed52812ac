import { Connection } from './connection.js';
import type { Ledger } from './ledger.js';
import type { BuildRequest } from './orders.js';
import type { Target } from './protocol.js';

export interface Line {
  target: Target;
  connection: Connection;
  build: BuildRequest;
}

async function send(line: Line, ledger: Ledger, index: number, due: number): Promise<void> {
  const bytes = line.build(index);
  ledger.sent(index, due);
  if (line.connection.stale) {
    line.connection.close();
    line.connection = await Connection.open(line.target);
  }
  const { status, orderId } = await line.connection.request(bytes);
  ledger.answered(index, status, orderId);
}

/** Each line sends its next order as soon as its last one is answered. */
export async function sendClosed(lines: readonly Line[], ledger: Ledger): Promise<void> {
  let next = 0;
  const work = async (line: Line) => {
    while (next < ledger.job.orders) await send(line, ledger, next++, performance.now());
  };
  await Promise.all(lines.map(work));
}

/**
 * Each order at its moment, whether or not earlier ones have been answered. When no line is free it waits, and the wait counts:
 * latencies run from the moment at which the order was due (no coordinated omission).
 */
export function sendOpen(lines: readonly Line[], ledger: Ledger, rate: number): Promise<void> {
  const { orders } = ledger.job;
  const start = performance.now() + 10;
  const dueAt = (index: number) => start + (index * 1_000) / rate;
  const free = [...lines];
  let next = 0;
  let finished = 0;
  return new Promise((resolve, reject) => {
    const dispatch = () => {
      while (next < orders && dueAt(next) <= performance.now()) {
        const line = free.pop();
        if (line === undefined) return;
        sendNext(line);
      }
    };
    const sendNext = (line: Line) => {
      const index = next++;
      send(line, ledger, index, dueAt(index)).then(() => {
        free.push(line);
        if (++finished === orders) resolve();
        else dispatch();
      }, reject);
    };
    const tick = () => {
      dispatch();
      if (next < orders) setTimeout(tick, Math.max(1, Math.floor(dueAt(next) - performance.now())));
    };
    tick();
  });
}
