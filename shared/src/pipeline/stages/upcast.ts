import { Permanent } from '../../choreography/index.js';
import { type CloudEvent, contractFor, dataError, type EventContract } from '../../events/index.js';
import { reasonOf } from '../errors.js';
import type { Stage, Work } from '../work.js';

/**
 * The event as the current major of its contract has it.
 *
 * @throws Permanent when the upcaster fails, or makes what the current contract refuses: a bug in it, which no retry mends
 */
export function lifted(event: CloudEvent, contract: EventContract): CloudEvent {
  const own = contract.earlier.find((each) => each === contractFor(contract, event));
  if (own === undefined) return event;
  const from = `${event.type} ${event.dataversion}`;
  const data = dataOf(() => own.upcast(event.data), from);
  const wrong = dataError(contract, data);
  if (wrong !== undefined)
    throw new Permanent(`${from} could not be lifted to ${contract.dataversion}: /data${wrong.pointer} ${wrong.detail}`);
  return { ...event, dataversion: contract.dataversion, data };
}

function dataOf(upcast: () => unknown, from: string): unknown {
  try {
    return upcast();
  } catch (error) {
    throw new Permanent(`${from} could not be lifted: ${reasonOf(error)}`);
  }
}

/** Lifts events of older majors: steps see the current one only. What was received stays as it was in history and copies. */
export function upcastStage(contracts: ReadonlyMap<string, EventContract>): Stage<Work, Work> {
  return (next) => (work) => {
    const event = work.event?.event;
    const contract = event === undefined ? undefined : contracts.get(event.type);
    if (event === undefined || contract === undefined || event.dataversion === contract.dataversion) return next(work);
    let message: CloudEvent;
    try {
      message = lifted(event, contract);
    } catch (error) {
      return work.settle({ kind: 'failed', error });
    }
    next({ ...work, message });
  };
}
