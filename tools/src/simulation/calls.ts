import type { Choices } from './choices.js';
import type { Faults } from './faults.js';
import type { VirtualTime } from './virtual-time.js';

export type CallKind =
  | 'begin'
  | 'commit'
  | 'handled'
  | 'take unpublished'
  | 'update outbox'
  | 'due'
  | 'publish'
  | 'copy'
  | 'charge'
  | 'refund'
  | 'book'
  | 'recall'
  | 'send'
  | 'late effect';

/** What a process has asked of the outside. It is answered when the world picks it. */
export interface CallOptions<Answer> {
  /** Who waits for the answer; undefined when nobody does any more. */
  readonly process: object | undefined;
  readonly kind: CallKind;
  /** The steps on whose behalf it is made. */
  readonly steps?: readonly string[];
  /** Names it in the state of the world. */
  about(): string;
  /** Whether it can be carried out now; it waits for row locks otherwise. */
  ready?(): boolean;
  /** Carries it out. What it throws is the answer, too. */
  perform(): Answer | Promise<Answer>;
  /** The process has died. How far the call has come is open. */
  abandon?(): void;
}

/** Calls of providers. */
const EFFECTS: ReadonlySet<CallKind> = new Set(['charge', 'refund', 'book', 'recall', 'send']);

export interface PendingCall {
  /** Virtual time at which it was made. */
  readonly since: number;
  readonly process: object | undefined;
  readonly kind: CallKind;
  readonly steps: readonly string[];
  readonly about: () => string;
  readonly ready: (() => boolean) | undefined;
  readonly abandon: (() => void) | undefined;
  asleep: boolean;
  run(): void;
}

const SLOW_MS = [20, 300, 3_000, 20_000];

/** The calls that wait for their answer, oldest first. */
export class Calls {
  readonly pending: PendingCall[] = [];
  readonly #faults: Faults;
  readonly #choices: Choices;
  readonly #time: VirtualTime;

  constructor(faults: Faults, choices: Choices, time: VirtualTime) {
    this.#faults = faults;
    this.#choices = choices;
    this.#time = time;
  }

  make<Answer>(options: CallOptions<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const run = () => {
        try {
          resolve(options.perform());
        } catch (error) {
          reject(error);
        }
      };
      this.#add({
        since: this.#time.now().getTime(),
        process: options.process,
        kind: options.kind,
        steps: options.steps ?? [],
        about: () => options.about(),
        ready: options.ready?.bind(options),
        abandon: options.abandon?.bind(options),
        asleep: false,
        run,
      });
    });
  }

  /** Those that can be carried out now. */
  ready(): PendingCall[] {
    return this.pending.filter((call) => !call.asleep && (call.ready === undefined || call.ready()));
  }

  run(call: PendingCall): void {
    this.pending.splice(this.pending.indexOf(call), 1);
    call.run();
  }

  /**
   * A call that a process still waits for: not the copy of a message that it leaves to the broker, nor an effect whose answer came so late
   * that the process has given it up and will make it again.
   */
  awaitedBy(process: object, effectTimeout: number): PendingCall | undefined {
    const late = this.#time.now().getTime() - effectTimeout;
    return this.pending.find(
      (call) => call.process === process && call.kind !== 'copy' && !(EFFECTS.has(call.kind) && call.since <= late),
    );
  }

  /** The process is gone: its calls are never answered, though they may have had their effect. */
  abandon(process: object): void {
    const mine = this.pending.filter((call) => call.process === process);
    for (const call of mine) {
      this.pending.splice(this.pending.indexOf(call), 1);
      call.abandon?.();
    }
  }

  #add(call: PendingCall): void {
    this.pending.push(call);
    if (!this.#faults.strikes('slow call', call.steps)) return;
    call.asleep = true;
    this.#time.after(SLOW_MS[this.#choices.pick(SLOW_MS.length)] ?? 0, call.process ?? call, 'slow call', () => {
      call.asleep = false;
    });
  }
}
