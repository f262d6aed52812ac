import type { Percentiles } from '../statistics.js';

export interface Target {
  host: string;
  port: number;
}

/** How the orders are sent: as fast as the answers come, or on a timetable that does not wait for them. */
export type Pace = { kind: 'closed'; concurrency: number } | { kind: 'open'; rate: number };

export interface Job {
  orders: number;
  pace: Pace;
  /** Send an `Idempotency-Key` with each order, a new one each time. */
  idempotencyKeys: boolean;
}

export interface LoadOptions {
  rabbitmqUrl: string;
  /** The replicas of the order service; connections are spread over them. */
  targets: Target[];
}

export interface LoadProgress {
  placed: number;
  ended: number;
}

export interface Second {
  /** Orders answered, and orders ended, in this second. */
  placed: number;
  ended: number;
  /** Milliseconds; of the orders that ended in this second. */
  p50: number | null;
  p99: number | null;
}

export interface LoadResult {
  /** Milliseconds since the epoch. */
  startedAt: number;
  orders: number;
  placed: number;
  /** Requests that were not answered 202, by status. */
  refused: Record<string, number>;
  completed: number;
  cancelled: number;
  /** Orders whose ending was told more than once: events are delivered at least once. */
  repeatedEndings: number;
  /** From the first POST to the last answer, and to the last ending. */
  placingSeconds: number;
  endingSeconds: number;
  placedToEnded: Percentiles;
  post: Percentiles;
  /** How late the generator itself was: from the scheduled moment to the write. Part of both latencies above. */
  lateness: Percentiles;
  series: Second[];
}

export type ToLoad = { kind: 'connect'; options: LoadOptions } | { kind: 'run'; job: Job };
export type FromLoad =
  | { kind: 'connected' }
  | { kind: 'progress'; progress: LoadProgress }
  | { kind: 'result'; result: LoadResult }
  | { kind: 'failed'; message: string };
