/** How many messages are tried before the next ones: one, then ten, then whatever is left. */
const CANARIES = [1, 10];
/** Messages of which the intent is written down at once: a process that is killed leaves so many in doubt at most. */
const PAGE = 100;

export interface Wave {
  readonly size: number;
  /** Nothing more is sent before it is known what became of it. */
  readonly canary: boolean;
}

/** @param sent how many were sent since the run began */
export function nextWave(sent: number, rate: number): Wave {
  let before = 0;
  for (const size of CANARIES) {
    before += size;
    if (sent < before) return { size: before - sent, canary: true };
  }
  return { size: Math.min(PAGE, rate), canary: false };
}
