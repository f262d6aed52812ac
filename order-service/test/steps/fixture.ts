import { InventoryReleased, InventoryReserved, orderStateOf } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { happened, row } from '@quickstep/shared/testing';
import { type Order, Orders } from '../../src/db/tables.js';
import { orderSteps } from '../../src/steps/index.js';

export const DEADLINE = 60_000;
export const { cancelOrder, expireOrder, trackOrder, updateCatalogue } = orderSteps(DEADLINE).steps;

export const sample = sampleOrder();
export const { orderId, customerId, items, total, currency, paymentMethod, shippingAddress } = sample;
export const state = orderStateOf(sample);
export const placedAt = new Date('2026-11-21T10:00:00Z');
export const deadlineAt = new Date('2026-11-21T10:01:00Z');
export const at = (time: string) => new Date(`2026-11-21T${time}Z`);

export const reason = 'Payment declined: no funds';
export const reserved = happened(InventoryReserved(sample));
export const released = happened(InventoryReleased({ orderId, reason }));
export const requested = { 'order.cancellation_requested': '2026-11-21T10:00:30Z' };

export const placed = (properties: Partial<Order> = {}) =>
  row(Orders, {
    ...state,
    paymentMethod,
    shippingAddress,
    email: 'ada@example.com',
    placedAt,
    deadlineAt,
    ...properties,
  });
export const withFacts = (...facts: string[]) => Object.fromEntries(facts.map((fact) => [fact, '2026-11-21T10:00:10Z']));
