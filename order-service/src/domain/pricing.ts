import type { OrderLine } from '@quickstep/shared/contracts';
import type { FieldError } from '@quickstep/shared/events';
import type { CatalogueItem } from '../db/tables.js';

interface RequestedLine {
  readonly sku: string;
  readonly quantity: number;
}

export type Priced =
  | { readonly ok: true; readonly items: OrderLine[]; readonly total: number; readonly currency: string }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Prices the lines of a request from the catalogue, or names each line that cannot be sold. */
export function price(lines: readonly RequestedLine[], catalogue: readonly Readonly<CatalogueItem>[]): Priced {
  const known = new Map(catalogue.map((item) => [item.sku, item]));
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  const items: OrderLine[] = [];
  const currencies = new Set<string>();
  lines.forEach(({ sku, quantity }, index) => {
    const item = known.get(sku);
    if (item === undefined) errors.push({ pointer: `/items/${index}/sku`, detail: `there is no item ${sku} in the catalogue` });
    else if (seen.has(sku))
      errors.push({ pointer: `/items/${index}/sku`, detail: `${sku} is listed twice; add up its quantities` });
    else {
      items.push({ sku, quantity, unitPrice: item.unitPrice });
      currencies.add(item.currency);
    }
    seen.add(sku);
  });
  if (currencies.size > 1)
    errors.push({ pointer: '/items', detail: `the items have different currencies: ${[...currencies].join(', ')}` });
  const [currency] = currencies;
  if (errors.length > 0 || currency === undefined) return { ok: false, errors };
  return { ok: true, items, total: items.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0), currency };
}
