import type { Store } from '@quickstep/shared/pipeline';

/** An empty database with the tables `stock` and `things`, and what may happen to the processes that use it. */
export interface StoreWorld {
  /** The store of another process on this database. */
  store(): Promise<Store>;
  /** The time of the database. */
  now(): Promise<Date>;
  /** Everything in the database becomes older. */
  pass(milliseconds: number): Promise<void>;
  /** Resolves when a process waits for a lock. */
  someoneWaits(): Promise<void>;
  /** Lets whoever waits for a lock wait as long as it does at most. */
  patienceEnds(): Promise<void>;
  /** The connection of a store is lost before its next commit reaches the database. */
  loseCommit(store: Store): Promise<void>;
  /** The connection of a store is lost after its next commit, before the answer. */
  loseAnswer(store: Store): Promise<void>;
  /** The process of a store dies. */
  die(store: Store): Promise<void>;
  close(): Promise<void>;
}
