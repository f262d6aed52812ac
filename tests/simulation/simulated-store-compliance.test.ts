import { describe } from '@jest/globals';
import type { Store } from '@quickstep/shared/pipeline';
import { storeCompliance } from '../../shared/test/db/store-compliance.js';
import type { StoreWorld } from '../../shared/test/db/store-world.js';
import { Calls } from '../../tools/src/simulation/calls.js';
import type { Choices } from '../../tools/src/simulation/choices.js';
import { type Environment, idOf } from '../../tools/src/simulation/environment.js';
import { type FaultRates, Faults } from '../../tools/src/simulation/faults.js';
import { Ledger } from '../../tools/src/simulation/ledger.js';
import type { StoreClient } from '../../tools/src/simulation/simulated-batch.js';
import { SimulatedDatabase } from '../../tools/src/simulation/simulated-database.js';
import { storeFor } from '../../tools/src/simulation/simulated-store.js';
import { Trace } from '../../tools/src/simulation/trace.js';
import { VirtualTime } from '../../tools/src/simulation/virtual-time.js';
import { StepsAtWork } from '../../tools/src/simulation/watched-steps.js';

/** The calmest decision each time; a fault strikes exactly when its rate is 1. */
const choices: Choices = { pick: () => 0, chance: (odds) => odds >= 1 };

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function environmentWith(rates: FaultRates): Environment {
  const time = new VirtualTime();
  const trace = new Trace({ kept: false, hashed: false }, () => time.elapsed);
  const faults = new Faults(rates, choices);
  let ids = 0;
  const newId = () => idOf(++ids);
  return { choices, faults, time, trace, ledger: new Ledger(faults, trace), calls: new Calls(faults, choices, time), newId };
}

const processOf = (name: string): StoreClient => ({
  name,
  backlog: [],
  batchLimit: 1_000,
  alone: false,
  atWork: new StepsAtWork(),
  transactions: new Set(),
});

/** A database whose calls are answered as soon as they can be. */
async function open(): Promise<StoreWorld> {
  const rates: FaultRates = {};
  const environment = environmentWith(rates);
  const { calls, time } = environment;
  const database = new SimulatedDatabase('test-service');
  const processes = new Map<Store, StoreClient>();
  let running = true;
  const answering = (async () => {
    while (running) {
      const [call] = calls.ready();
      if (call !== undefined) calls.run(call);
      await turn();
    }
  })();
  return {
    async store() {
      const process = processOf(`process ${processes.size + 1}`);
      const store = storeFor(process, database, environment);
      processes.set(store, process);
      return store;
    },
    now: async () => time.now(),
    pass: async (milliseconds) => time.pass(milliseconds),
    async someoneWaits() {
      while (!calls.pending.some((call) => call.ready?.() === false)) await turn();
    },
    async patienceEnds() {
      while (time.waiting > 0) time.leap();
    },
    async loseCommit() {
      rates['commit lost'] = 1;
    },
    async loseAnswer() {
      rates['answer to commit lost'] = 1;
    },
    async die(store) {
      const process = processes.get(store);
      if (process === undefined) throw new TypeError('The store is of another world');
      calls.abandon(process);
      time.forget(process);
      for (const transaction of process.transactions) database.release(transaction);
    },
    async close() {
      running = false;
      await answering;
    },
  };
}

describe("the simulation's store", () => storeCompliance(open));
