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

  constructor(intake: Intake) {
    this.#intake = intake;
  }

  /** Resolves when it is open again; undefined while it is open. */
  get opens(): Promise<void> | undefined {
    return this.#opens;
  }

  close(): void {
    if (this.#opens !== undefined) return;
    this.#opens = new Promise((resolve) => {
      this.#open = resolve;
    });
    this.#intake.pause();
  }

  open(): void {
    if (this.#opens === undefined) return;
    this.#opens = undefined;
    this.#open();
    this.#intake.resume();
  }
}
