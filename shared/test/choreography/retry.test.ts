import { describe, expect, test } from '@jest/globals';
import { choreography, type RetryPolicy, retryOf, waitAfter } from '@quickstep/shared/choreography';
import { InventoryReserved } from '@quickstep/shared/contracts';

const WAITS = [500, 2_000, 10_000, 30_000];

const declared = (retry: RetryPolicy) =>
  choreography('some-service', { charge: { on: [InventoryReserved], retry, outcomes: { charged: [] } } });
const policy = (retry: RetryPolicy, waits = WAITS) => retryOf(declared(retry).steps.charge, waits);

describe('a policy', () => {
  test('without a word is one attempt for each wait of the service, with jitter', () => {
    expect(policy({})).toEqual({ delays: WAITS, limit: 4, endless: false, jitter: 0.2 });
  });

  test('picks from the waits that the service has, and may repeat the last', () => {
    expect(policy({ from: 1_000, to: 10_000, limit: 9 })).toMatchObject({ delays: [2_000, 10_000], limit: 9 });
  });

  test.each([
    [{ from: 60_000 }, [30_000]],
    [{ to: 100 }, [500]],
  ])('finds the nearest where the service has none such: %j', (retry, delays) => {
    expect(policy(retry).delays).toEqual(delays);
  });

  test('of a compensation has no end', () => {
    const { steps } = choreography('some-service', {
      charge: { on: [InventoryReserved], outcomes: { charged: [] } },
      refund: { on: [InventoryReserved], compensates: 'charge', retry: { limit: 2 }, outcomes: { refunded: [] } },
    });
    expect(retryOf(steps.refund, WAITS)).toMatchObject({ endless: true, limit: 2 });
  });

  test.each<[RetryPolicy, string]>([
    [{ from: 5, to: 4 }, '"retry" must wait from 0'],
    [{ limit: -1 }, '"retry" must have a limit'],
    [{ limit: 1.5 }, '"retry" must have a limit'],
    [{ jitter: 1.1 }, '"retry" must have a jitter'],
    [{ jitter: Number.NaN }, '"retry" must have a jitter'],
  ])('that cannot be meant is no declaration: %j', (retry, text) => {
    expect(() => declared(retry)).toThrow(new RegExp(`^some-service: step "charge": ${text}`));
  });
});

describe('the wait', () => {
  test('grows with the attempts, and then stays', () => {
    const plain = policy({ jitter: 0 });
    expect([0, 1, 2, 3, 4, 99].map((attempt) => waitAfter(plain, attempt, 'id'))).toEqual([...WAITS, 30_000, 30_000]);
  });

  test('is the next shorter or longer one for a share of the messages, the same ones whenever it is asked', () => {
    const spread = policy({ jitter: 0.4 });
    const waits = (attempt: number) => Array.from({ length: 2_000 }, (_, id) => waitAfter(spread, attempt, `message ${id}`));
    const share = (delay: number) => waits(1).filter((each) => each === delay).length / 2_000;
    expect(share(500)).toBeCloseTo(0.2, 1);
    expect(share(2_000)).toBeCloseTo(0.6, 1);
    expect(share(10_000)).toBeCloseTo(0.2, 1);
    expect(waits(1)).toEqual(waits(1));
    expect(new Set(waits(3))).toEqual(new Set([10_000, 30_000]));
  });
});
