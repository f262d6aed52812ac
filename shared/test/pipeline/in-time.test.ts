import { expect, test } from '@jest/globals';
import { inTime } from '@quickstep/shared/pipeline';

const never = () => new Promise<string>(() => undefined);
const LONG = 3_600_000;
const unexpected = () => 'late';

test('what answers in time is taken, an error too, also one that comes at once', async () => {
  expect(await inTime(LONG, async () => 'done', unexpected)).toBe('done');
  expect(await inTime(LONG, () => undefined, unexpected)).toBeUndefined();
  await expect(inTime(LONG, () => Promise.reject(new Error('gone')), unexpected)).rejects.toThrow('gone');
  const broken = () => {
    throw new Error('broken');
  };
  await expect(inTime(LONG, broken, unexpected)).rejects.toThrow('broken');
});

test('what does not is left alone', async () => {
  expect(await inTime(1, never, () => 'late')).toBe('late');
  const refuse = () => {
    throw new Error('too late');
  };
  await expect(inTime(1, never, refuse)).rejects.toThrow('too late');
});

test('no timer is left behind', async () => {
  const before = process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;
  await inTime(LONG, () => 'done', unexpected);
  expect(process.getActiveResourcesInfo().filter((each) => each === 'Timeout')).toHaveLength(before);
});
