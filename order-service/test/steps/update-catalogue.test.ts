import { describe, expect, test } from '@jest/globals';
import { outcome } from '@quickstep/shared/choreography';
import { InventoryItemChanged } from '@quickstep/shared/contracts';
import { given, happened } from '@quickstep/shared/testing';
import { Catalogue } from '../../src/db/tables.js';
import { updateCatalogue } from './fixture.js';

describe('updateCatalogue', () => {
  const change = (revision: number, unitPrice: number) =>
    happened(InventoryItemChanged({ sku: 'SKU-1', name: 'Item', unitPrice, currency: 'EUR', revision }));

  test('creates and changes what the shop sells', () => {
    const world = given();
    expect(world.when(updateCatalogue, change(1, 1_000))).toEqual(outcome('updated'));
    expect(world.when(updateCatalogue, change(2, 1_200))).toEqual(outcome('updated'));
    expect(world.rows(Catalogue)).toEqual([{ sku: 'SKU-1', name: 'Item', unitPrice: 1_200, currency: 'EUR', revision: 2 }]);
  });

  test('keeps the newer of two changes that arrive in the wrong order, or twice', () => {
    const world = given();
    world.when(updateCatalogue, change(2, 1_200));
    for (const late of [change(1, 1_000), change(2, 1_200)]) {
      expect(world.when(updateCatalogue, late)).toEqual(outcome('overtaken'));
    }
    expect(world.row(Catalogue, 'SKU-1')).toMatchObject({ unitPrice: 1_200, revision: 2 });
  });
});
