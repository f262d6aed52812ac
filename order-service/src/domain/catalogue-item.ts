/** What the order service knows of a catalogue item, from inventory's events. */
export type CatalogueItem = {
  readonly sku: string;
  name: string;
  /** Integer minor units. */
  unitPrice: number;
  currency: string;
  /** The change that this is the state of: an older one that arrives late must not overwrite it. */
  revision: number;
};
