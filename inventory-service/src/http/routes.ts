import { Currency, ItemName, Sku, UnitPrice } from '@quickstep/shared/contracts';
import { entityOf } from '@quickstep/shared/db';
import { commandRoutes, decodeCursor, named, pageOf, pageQuery, pageSchema, read } from '@quickstep/shared/http';
import { type Static, Type } from '@sinclair/typebox';
import { MoreThan } from 'typeorm';
import { inventory } from '../choreography.js';
import { Stock, type StockItem } from '../db/tables.js';
import type { inventorySteps } from '../steps/index.js';

const level = Type.Integer({ minimum: 0 });
const itemFields = Type.Object({
  sku: Sku,
  name: ItemName,
  unitPrice: UnitPrice,
  currency: Currency,
  available: level,
  reserved: level,
  onHand: level,
  revision: Type.Integer({ minimum: 1, description: 'Of name, price and currency: the `ETag`. Levels have none' }),
});
const ItemView = named('Item', itemFields, {
  sku: 'SKU-001',
  name: 'Mug',
  unitPrice: 1_290,
  currency: 'EUR',
  available: 480,
  reserved: 20,
  onHand: 500,
  revision: 3,
});

function itemView(item: StockItem): Static<typeof ItemView> {
  const { sku, name, unitPrice, currency, available, reserved, onHand, revision } = item;
  return { sku, name, unitPrice, currency, available, reserved, onHand, revision };
}

/**
 * What two editors must not overwrite each other's. Levels change with every order and are no part of it, or an editor would hardly ever
 * succeed; nothing keeps answers (`no-store`), so that nobody takes it for a tag of the levels.
 */
const version = ({ revision }: Static<typeof ItemView>) => revision;

const ITEM = '/inventory/{sku}';
const params = Type.Object({ sku: Sku });
const checkAt = (sku: string) => `/inventory/${sku}`;

const command = commandRoutes<ReturnType<typeof inventorySteps>>(inventory);

export const inventoryRoutes = [
  read({
    path: '/inventory',
    summary: 'The catalogue and its levels, by SKU',
    query: Type.Object(pageQuery),
    view: pageSchema(ItemView),
    async find({ query: { cursor, limit } }, { dataSource }) {
      const after = decodeCursor(cursor, /^[A-Z0-9-]{1,32}$/) ?? '';
      const rows = await dataSource
        .getRepository(entityOf(Stock))
        .find({ where: { sku: MoreThan(after) }, order: { sku: 'ASC' }, take: limit + 1 });
      const { items, ...next } = pageOf(rows, limit, (item) => item.sku);
      return { items: items.map(itemView), ...next };
    },
  }),
  read({
    path: ITEM,
    summary: 'One item of the catalogue and its level',
    params,
    view: ItemView,
    version,
    async find({ params: { sku } }, { dataSource }) {
      const item = await dataSource.getRepository(entityOf(Stock)).findOneBy({ sku });
      return item === null ? undefined : itemView(item);
    },
  }),
  command('putItem', {
    method: 'put',
    path: ITEM,
    params,
    status: 200,
    createdBy: ({ created }) => created,
    view: ItemView,
    version,
    checkAt,
    respond: ({ item }) => itemView(item),
  }),
  command('adjustStock', {
    method: 'post',
    path: `${ITEM}/adjustments`,
    params,
    status: 200,
    repetition: 'the item as it is by then',
    view: ItemView,
    checkAt,
    respond: itemView,
  }),
];
