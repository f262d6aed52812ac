import { inTime, reasonOf } from '../pipeline/index.js';

/** Gives up what its part still waits for when the signal is aborted; closes what can be closed all the same. */
type StopAction = (signal: AbortSignal) => unknown;

/** Says what a part still waits for, for the operator; undefined when it cannot tell. */
type WaitsFor = () => string | undefined;

interface Entry {
  readonly name: string;
  readonly action: StopAction;
  readonly waitsFor: WaitsFor | undefined;
}

/** What did not stop: its name, and why. */
export interface NotStopped {
  readonly name: string;
  readonly reason: string;
}

const SHORTEST_WAIT = 100;

/** What was started registers here how it is stopped; `run` stops all of it in reverse order, and ends in bounded time. */
export class ShutdownStack {
  #entries: Entry[] = [];

  add(name: string, action: StopAction, waitsFor?: WaitsFor): void {
    this.#entries.push({ name, action, waitsFor });
  }

  /**
   * Never rejects: what failed or did not end in time is in the result.
   *
   * @param timeout milliseconds; each step may take half of what is left, so that one that hangs leaves time to the others
   */
  async run(timeout: number): Promise<NotStopped[]> {
    const deadline = performance.now() + timeout;
    const notStopped: NotStopped[] = [];
    for (const entry of this.#entries.splice(0).reverse()) {
      const { name } = entry;
      const reason = await attempt(entry, Math.max((deadline - performance.now()) / 2, SHORTEST_WAIT));
      if (reason !== undefined) notStopped.push({ name, reason });
    }
    return notStopped;
  }
}

function attempt({ action, waitsFor }: Entry, milliseconds: number): Promise<string | undefined> {
  const waiting = new AbortController();
  const wait = Math.round(milliseconds);
  const done = async () => {
    await action(waiting.signal);
    return undefined;
  };
  const late = () => {
    // Before what it waits for is given up.
    const what = waitsFor?.();
    waiting.abort();
    return `it took more than ${wait} ms${what === undefined ? '' : `: it waits for ${what}`}`;
  };
  return inTime(wait, done, late).catch(reasonOf);
}
