import type { BrokerAdministrator } from '@quickstep/shared/rights';
import { restoreTopology, type SetUpOptions } from './index.js';

/** Long for a look that costs the broker two queries, short beside an order's deadline. */
const LOOK_EVERY_MS = 15_000;

/** Brings back queues and bindings that are deleted while the system runs, and says so. Answers how to stop. */
export function keepTopology(
  broker: BrokerAdministrator,
  options: SetUpOptions,
  tell: (text: string) => void,
  every = LOOK_EVERY_MS,
): () => void {
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    // A broker that is away is told of by others.
    const missing = await restoreTopology(broker, options).catch(() => []);
    looking = false;
    if (missing.length > 0) tell(`RabbitMQ lacked ${missing.join(', ')}: set up again. What was missed comes later.`);
  };
  const timer = setInterval(() => void look(), every);
  return () => clearInterval(timer);
}
