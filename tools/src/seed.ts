import { type CatalogueItem, sampleCatalogue } from './catalogue.js';
import { Problem } from './problem.js';

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

async function knownSkus(inventoryUrl: string): Promise<Set<string>> {
  const response = await fetch(`${inventoryUrl}/inventory?limit=1000`);
  if (!response.ok) throw new Problem(`GET ${inventoryUrl}/inventory answered ${response.status}: ${await response.text()}`);
  const body = (await response.json()) as { sku: string }[] | { items: { sku: string }[] };
  return new Set((Array.isArray(body) ? body : body.items).map((item) => item.sku));
}

async function put(inventoryUrl: string, { sku, ...item }: CatalogueItem): Promise<void> {
  const url = `${inventoryUrl}/inventory/${sku}`;
  const response = await fetch(url, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(item),
  });
  const answer = await response.text();
  if (!response.ok) throw new Problem(`PUT ${url} answered ${response.status}: ${answer}`);
}
