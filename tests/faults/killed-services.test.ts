import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type ServiceProcess, startProcess } from '../support/process.js';
import { type ServiceName, serviceNames } from '../support/services.js';
import { antarctica, type OrderRequest, Shop } from '../support/shop.js';
import { whileItCannotWrite } from '../support/shop-trouble.js';

const CLIENTS = 32;

let shop: Shop<ServiceProcess>;

beforeAll(async () => {
  shop = await Shop.open(startProcess);
});
afterAll(() => shop.close());
afterEach(async () => {
  expect(await shop.invariants()).toEqual([]);
});

/** Of each twenty orders two are declined and one is refused. */
function kindOf(index: number): { readonly ending: string; readonly changes: Partial<OrderRequest> } {
  if (index % 10 === 3) return { ending: 'CANCELLED', changes: { paymentMethod: 'pm_card_declined' } };
  if (index % 20 === 7) return { ending: 'CANCELLED', changes: { shippingAddress: antarctica } };
  return { ending: 'COMPLETED', changes: {} };
}

/**
 * Places many orders, as many at once as there are clients. `midway` is called when a third of them have been placed; the rest follows
 * when it calls `goOn`.
 */
async function placeMany(count: number, midway = async (goOn: () => void) => goOn()): Promise<void> {
  const expected: string[] = [];
  const ids: string[] = [];
  let next = 0;
  let interrupted: Promise<void> | undefined;
  const { promise: goingOn, resolve: goOn } = Promise.withResolvers<void>();
  const client = async () => {
    for (let index = next++; index < count; index = next++) {
      const { ending, changes } = kindOf(index);
      ids[index] = await shop.placeSurely(changes);
      expected[index] = ending;
      if (index < count / 3) continue;
      interrupted ??= midway(goOn);
      await Promise.race([goingOn, interrupted]);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await interrupted;
  expect(await Promise.all(ids.map((id) => shop.ended(id)))).toEqual(expected);
}

describe('with 32 clients at work', () => {
  test.each<[ServiceName]>(serviceNames.map((name) => [name]))(
    'the %s service is killed with work in its hands and started again: every order ends as if nothing had happened',
    async (name) => {
      await placeMany(200, async (goOn) => {
        await whileItCannotWrite(shop, name, () => shop.service(name).kill(), goOn);
        await shop.start(name);
      });
    },
  );
});
