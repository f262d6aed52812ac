import { type CatalogueItem, sampleCatalogue } from './catalogue.js';
import { askService } from './ops/service-call.js';
import { until } from './wait.js';

const atOnce = 10;

/** Puts the items the inventory service does not know yet and answers how many that were; levels that exist are left alone. */
export async function seed(inventoryUrl: string): Promise<number> {
  const known = await knownSkus(inventoryUrl);
  const missing = sampleCatalogue.filter((item) => !known.has(item.sku));
  const queue = [...missing];
  const worker = async () => {
    for (let item = queue.shift(); item; item = queue.shift()) await put(inventoryUrl, item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return missing.length;
}

/**
 * The same in a new system, until the order service has heard of every item.
 *
 * @param known how many items it has heard of
 */
export async function seedThrough(inventoryUrl: string, known: () => Promise<number>, signal: AbortSignal): Promise<void> {
  await seed(inventoryUrl);
  const all = async () => (await known()) >= sampleCatalogue.length;
  await until(all, { timeoutMs: 60_000, signal, failure: 'The catalogue did not reach the order service' });
}

async function knownSkus(inventoryUrl: string): Promise<Set<string>> {
  const { items } = await askService<{ items: { sku: string }[] }>('GET', `${inventoryUrl}/inventory?limit=1000`, null);
  return new Set(items.map((item) => item.sku));
}

async function put(inventoryUrl: string, { sku, ...item }: CatalogueItem): Promise<void> {
  await askService('PUT', `${inventoryUrl}/inventory/${sku}`, null, item);
}
