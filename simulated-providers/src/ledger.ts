/**
 * What a provider in the outside world (payment gateway, carrier) remembers, so that asking it twice is safe. `Answer` is whatever
 * the provider answers, as JSON.
 */
export interface Ledger<Answer extends object> {
  /** Stores an answer unless the key has one already; resolves to the key's first answer, however often it is called. */
  answerOnce(key: string, reference: string, kind: string, answer: Answer): Promise<Answer>;
  /** The answers of one kind given so far about a reference, oldest first. */
  byReference(reference: string, kind: string): Promise<readonly Answer[]>;
  /** Counts an attempt; resolves to its number, 1 for the first. */
  attempt(key: string): Promise<number>;
}
