import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { samplesOf, sumOf } from '@quickstep/shared/telemetry';
import { type ServiceProcess, startProcess } from '../support/process.js';
import { type ServiceName, serviceNames } from '../support/services.js';
import { antarctica, type OrderRequest, Shop } from '../support/shop.js';
import { until } from '../support/until.js';

/** `SIGTERM_ORDERS=5000 SIGTERM_STOPS=5 npx jest tests/faults/stopped-services` places so many, and stops each service so often. */
const ORDERS = Number(process.env.SIGTERM_ORDERS ?? 400);
const STOPS = Number(process.env.SIGTERM_STOPS ?? 1);
/** Orders that are open at a time: more than the services can work on at once, so that each always has work. */
const OPEN = 300;
const PATIENT = 200_000 + ORDERS * 100 + STOPS * 30_000;

/** What gateway and carrier have been asked for under more than one key. */
const DOUBLED = 'select reference, kind from provider_answers group by reference, kind having count(*) > 1';

let shop: Shop<ServiceProcess>;
beforeAll(async () => {
  shop = await Shop.open(startProcess);
});
afterAll(() => shop.close());

/** Of each twenty orders two are declined and one is refused. */
function kindOf(index: number): { readonly ending: string; readonly changes: Partial<OrderRequest> } {
  if (index % 10 === 3) return { ending: 'CANCELLED', changes: { paymentMethod: 'pm_card_declined' } };
  if (index % 20 === 7) return { ending: 'CANCELLED', changes: { shippingAddress: antarctica } };
  return { ending: 'COMPLETED', changes: {} };
}

/** Places orders, each when one before it has ended, until there are enough and `enough` says so too. @returns those that ended wrongly */
async function placeMany(enough: () => boolean): Promise<string[]> {
  const wrong: string[] = [];
  let next = 0;
  const client = async () => {
    while (next < ORDERS || !enough()) {
      const { ending, changes } = kindOf(next++);
      const id = await shop.placeSurely(changes);
      const ended = await shop.ended(id);
      if (ended !== ending) wrong.push(`${id}: ${ended} in place of ${ending}`);
    }
  };
  await Promise.all(Array.from({ length: OPEN }, client));
  return wrong;
}

async function inHand(name: ServiceName): Promise<number> {
  const metrics = await (await fetch(new URL('/metrics', shop.service(name).url))).text();
  return sumOf(samplesOf(metrics), 'quickstep_in_flight_messages') ?? Number.NaN;
}

interface Stop {
  readonly name: ServiceName;
  readonly code: number | null;
  readonly messages: readonly string[];
  readonly seconds: number;
}

/** @returns its exit code, and what it wrote from then on */
async function stop(name: ServiceName): Promise<Stop> {
  const process = shop.service(name);
  const before = process.lines.length;
  const begun = performance.now();
  const code = await process.stop();
  const seconds = (performance.now() - begun) / 1_000;
  return { name, code, seconds, messages: process.lines.slice(before).map((line) => JSON.parse(line).message) };
}

/** Stops services at once, with work in their hands, and starts them again. */
async function restart(names: readonly ServiceName[]): Promise<Stop[]> {
  await until(
    async () => (await Promise.all(names.map(inHand))).some((messages) => messages > 0) || undefined,
    () => `Nothing to do for ${names.join(', ')}`,
  );
  const stops = await Promise.all(names.map(stop));
  await Promise.all(names.map((name) => shop.start(name)));
  return stops;
}

function tell(stops: readonly Stop[]): void {
  const seconds = stops.map((each) => each.seconds).sort((a, b) => a - b);
  const [median = 0, slowest = 0] = [seconds[Math.floor(seconds.length / 2)], seconds.at(-1)];
  const figures = `median ${median.toFixed(2)} s, slowest ${slowest.toFixed(2)} s`;
  process.stdout.write(`${shop.placed.length} orders, ${stops.length} stops: ${figures}\n`);
}

test(
  'under full load each service is told to stop, one after the other, two at once and all at once: each ends in time, and nothing is lost or done twice',
  async () => {
    const stops: Stop[] = [];
    let enough = false;
    const placing = placeMany(() => enough);
    for (let round = 0; round < STOPS; round++) {
      for (const name of serviceNames) stops.push(...(await restart([name])));
      stops.push(...(await restart(serviceNames.slice(round % 4, (round % 4) + 2))), ...(await restart(serviceNames)));
    }
    enough = true;
    expect(await placing).toEqual([]);
    expect(stops).toHaveLength(STOPS * (2 * serviceNames.length + 2));
    for (const { name, code, messages } of stops) {
      expect({ name, code, last: messages.at(-1) }).toEqual({ name, code: 0, last: 'stopped' });
      expect(messages.filter((message) => message.includes('did not stop'))).toEqual([]);
    }
    if (process.env.SIGTERM_ORDERS !== undefined) tell(stops);
    expect(shop.placed.length).toBeGreaterThanOrEqual(ORDERS);
    expect(await shop.invariants()).toEqual([]);
    for (const name of ['payment', 'shipping'] as const) expect((await shop.database(name).query(DOUBLED)).rows).toEqual([]);
  },
  PATIENT,
);
