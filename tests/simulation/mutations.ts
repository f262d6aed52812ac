import { inOrderAndInventory } from './planted/in-order-and-inventory.js';
import { inPaymentAndShipping } from './planted/in-payment-and-shipping.js';
import { inTheKit } from './planted/in-the-kit.js';
import type { Mutation } from './planted/planting.js';

export type { Mutation } from './planted/planting.js';

export const mutations: readonly Mutation[] = [...inTheKit, ...inOrderAndInventory, ...inPaymentAndShipping];
