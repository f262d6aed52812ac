import { describe, expect, test } from '@jest/globals';
import { paymentStatus } from '../src/domain/payment.js';
import { nothing, taken } from './steps/fixture.js';

describe('the status of a payment', () => {
  test.each([
    ['PENDING', nothing, false],
    ['CHARGED', taken, false],
    ['CHARGED', taken, true],
    ['DECLINED', { ...nothing, declineReason: 'no funds' }, true],
    ['REFUNDED', { ...taken, refundId: 're_1' }, true],
    ['REFUNDED', { ...nothing, refundId: 're_1' }, true],
    ['CLOSED', nothing, true],
  ])('is %s', (status, facts, closed) => {
    expect(paymentStatus({ ...facts, closed })).toBe(status);
  });
});
