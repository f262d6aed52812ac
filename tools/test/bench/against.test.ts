import { describe, expect, test } from '@jest/globals';
import { checkOut } from '../../src/bench/checkout.js';
import { readOptions } from '../../src/bench/options.js';
import { median } from '../../src/bench/statistics.js';
import { createProgress } from '../../src/progress.js';

describe('a comparison with another commit', () => {
  test('has one round in each turn, and four pairs, unless told otherwise', () => {
    delete process.env.RABBITMQ_URL;
    delete process.env.POSTGRES_URL;
    expect(readOptions(['--against', 'HEAD'])).toMatchObject({ against: 'HEAD', rounds: 1, pairs: 4 });
    expect(readOptions(['--against', 'HEAD', '--rounds', '2', '--pairs', '1'])).toMatchObject({ rounds: 2, pairs: 1 });
    expect(readOptions([])).toMatchObject({ rounds: 3 });
  });

  test('is refused for scenarios that it does not know, and on servers that both commits would share', () => {
    expect(() => readOptions(['--against', 'HEAD', '--scenario', 'growth'])).toThrow('not with growth');
    process.env.POSTGRES_URL = 'postgres://localhost';
    expect(() => readOptions(['--against', 'HEAD'])).toThrow('unset RABBITMQ_URL and POSTGRES_URL');
  });

  test('names a commit that git does not know', async () => {
    const checkedOut = checkOut('--no-such-commit', createProgress(process.stderr), new AbortController().signal);
    await expect(checkedOut).rejects.toThrow('git does not know "--no-such-commit"');
  });

  test('takes the median of the ratios: of an even number the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});
