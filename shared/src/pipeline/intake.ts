/** Where messages come from: it is told to stop and to go on. */
export interface Intake {
  pause(): void;
  resume(): void;
}

/** Closed while the database is away: no new messages are taken, and no calls are made whose results could not be written. */
export class IntakeGate {
  readonly #intake: Intake;
  #opens: Promise<void> | undefined;
  #open: () => void = () => undefined;
  #turnAway: (error: Error) => void = () => undefined;

  constructor(intake: Intake) {
    this.#intake = intake;
  }

  /** Resolves when it is open again, rejects when nobody is to wait any longer; undefined while it is open. */
  get opens(): Promise<void> | undefined {
    return this.#opens;
  }

  close(): void {
    if (this.#opens !== undefined) return;
    this.#opens = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#turnAway = reject;
    });
    // Perhaps nobody waits.
    this.#opens.catch(() => undefined);
    this.#intake.pause();
  }

  open(): void {
    if (this.#opens === undefined) return;
    this.#opens = undefined;
    this.#open();
    this.#intake.resume();
  }

  /** Opens for what comes next; whoever waits is turned away. */
  turnAway(error: Error): void {
    this.#turnAway(error);
    this.open();
  }
}
