import { SeededChoices } from '../simulation/choices.js';
import { drawScenario } from '../simulation/scenario.js';
import { World } from '../simulation/world.js';
import type { Recorded } from './registry.js';

const WORLDS = 30;
const EACH = 3;

/** Events that the services really make: of each type the first few in simulated worlds, which are the same at each call. */
export async function recordEvents(): Promise<Recorded[]> {
  const kept = new Map<string, Recorded[]>();
  for (let seed = 1; seed <= WORLDS; seed++) {
    const choices = new SeededChoices(seed);
    const world = new World(drawScenario(choices, 20), choices);
    await world.run();
    for (const { type, dataversion, data } of world.environment.ledger.causes.events.values()) {
      const known = kept.get(type) ?? [];
      if (known.length < EACH) kept.set(type, [...known, { type, dataversion, data }]);
    }
  }
  return [...kept].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, each]) => each);
}
