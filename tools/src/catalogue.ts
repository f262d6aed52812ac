export interface CatalogueItem {
  sku: string;
  name: string;
  /** Minor units: cents. */
  unitPrice: number;
  currency: string;
  onHand: number;
}

const ample = 1_000_000;

/** Each kind in ten variants, with the price of the first and the step to the next. */
const kinds: [name: string, price: number, step: number, variants: string[]][] = [
  [
    'Espresso Beans',
    1_290,
    60,
    ['Brazil', 'Colombia', 'Ethiopia', 'Guatemala', 'Honduras', 'India', 'Kenya', 'Peru', 'Rwanda', 'Sumatra'],
  ],
  [
    'Loose Leaf Tea',
    790,
    40,
    ['Assam', 'Chai', 'Darjeeling', 'Earl Grey', 'Genmaicha', 'Jasmine', 'Lapsang', 'Oolong', 'Rooibos', 'Sencha'],
  ],
  ['Stoneware Mug', 1_450, 25, ['Amber', 'Basalt', 'Chalk', 'Clay', 'Cobalt', 'Fern', 'Indigo', 'Ochre', 'Rust', 'Slate']],
  ['Notebook A5', 990, 30, ['Blank', 'Dotted', 'Lined', 'Squared', 'Music', 'Planner', 'Recipe', 'Sketch', 'Travel', 'Wine']],
  ['Desk Lamp', 4_900, 350, ['Arc', 'Bell', 'Cone', 'Disc', 'Edge', 'Fold', 'Globe', 'Halo', 'Iris', 'Jib']],
  ['Linen Cushion', 2_490, 90, ['Almond', 'Blush', 'Charcoal', 'Denim', 'Ecru', 'Forest', 'Grey', 'Honey', 'Ivory', 'Juniper']],
  ['Chef Knife', 3_990, 450, ['12 cm', '14 cm', '16 cm', '17 cm', '18 cm', '19 cm', '20 cm', '21 cm', '24 cm', '27 cm']],
  ['Wool Scarf', 3_490, 120, ['Alpine', 'Birch', 'Cedar', 'Dune', 'Ember', 'Fjord', 'Glacier', 'Heath', 'Inlet', 'Jasper']],
  ['Bluetooth Speaker', 5_990, 900, ['Nano', 'Mini', 'Pocket', 'Travel', 'Home', 'Studio', 'Garden', 'Stage', 'Tower', 'Arena']],
  [
    'Cast Iron Pan',
    2_990,
    520,
    ['16 cm', '18 cm', '20 cm', '22 cm', '24 cm', '26 cm', '28 cm', '30 cm', '32 cm', 'Limited Edition'],
  ],
];

/** SKU-001 ... SKU-100: plenty of each, but only one of the last, so that an order can ask for too much. */
export const sampleCatalogue: CatalogueItem[] = kinds
  .flatMap(([kind, price, step, variants]) =>
    variants.map((variant, index) => ({ name: `${kind} ${variant}`, unitPrice: price + step * index })),
  )
  .map((item, index, all) => ({
    sku: `SKU-${String(index + 1).padStart(3, '0')}`,
    ...item,
    currency: 'EUR',
    onHand: index === all.length - 1 ? 1 : ample,
  }));
