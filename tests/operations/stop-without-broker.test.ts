import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshVhost, type Vhost } from '@quickstep/shared/testing';
import { openDeadLetterBroker } from '../../operations-service/src/dead-letters/dead-letter-broker.js';
import { CutProxy } from '../support/cut-proxy.js';
import { until } from '../support/until.js';

let vhost: Vhost;
let cut: Awaited<ReturnType<typeof CutProxy.before>>;
beforeAll(async () => {
  vhost = await freshVhost();
  cut = await CutProxy.before(vhost.url);
});
afterAll(async () => {
  cut.proxy.close();
  await vhost.drop();
});

test('who waits for a channel of a broker that is away fails when the service stops, before or after it went away', async () => {
  const lost: string[] = [];
  const open = () => openDeadLetterBroker(cut.url, { trouble: (what) => lost.push(what) });
  const [before, after] = [await open(), await open()];
  after.closeWhenAway();
  expect(await (await after.consuming.createChannel()).close()).toBeUndefined();
  cut.proxy.cut();
  await until(
    async () => lost.filter((what) => what.includes('consume')).length > 0 || undefined,
    () => 'Nothing was lost',
  );
  const waiting = [before, after].map(({ consuming }) => consuming.createChannel());
  const failed = Promise.allSettled(waiting);
  before.closeWhenAway();
  expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await Promise.all([before.close(), after.close()]);
});
