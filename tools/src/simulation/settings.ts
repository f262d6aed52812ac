import { orderConfig } from '@quickstep/order-service/config';
import type { Choices } from './choices.js';

/** What a service is configured with, in milliseconds where it is a time. */
export type Settings = Pick<
  ReturnType<typeof orderConfig>,
  | 'batchLimit'
  | 'linger'
  | 'prefetch'
  | 'commandLimit'
  | 'retryDelays'
  | 'effectTimeout'
  | 'effectConcurrency'
  | 'breakerCalls'
  | 'breakerProbe'
  | 'sweepEvery'
  | 'sweepAfter'
  | 'timersEvery'
  | 'orderDeadline'
>;

/** The defaults that production ships. */
export const shipped: Settings = settingsOf(
  orderConfig({ RABBITMQ_URL: 'amqp://simulated', POSTGRES_URL: 'postgres://simulated/orders' }),
);

/**
 * Where worlds differ from what is shipped, and why. Everything else is as shipped in every world. The first choice is the calm one.
 */
const explored = {
  // 40 orders never fill a batch of 1,000 or a window of 2,000 deliveries: in some worlds small ones are full all the time.
  batchLimit: [shipped.batchLimit, shipped.batchLimit, 3, 1],
  prefetch: [shipped.prefetch, shipped.prefetch, 4, 1],
  // Nor do they fill the queue of commands, beyond which clients are turned away.
  commandLimit: [shipped.commandLimit, shipped.commandLimit, 5],
  // None: more happens at once. Long: much happens during the wait.
  linger: [shipped.linger, shipped.linger, 0, 300],
  // 40 orders seldom make enough calls to tell that a provider is away.
  breakerCalls: [shipped.breakerCalls, shipped.breakerCalls, 2],
  // A quarter of an hour never passes before an order ends, unless its payment fails for good.
  orderDeadline: [shipped.orderDeadline, 10_000, 2_000],
} satisfies { readonly [Name in keyof Settings]?: readonly Settings[Name][] };

/** An idle hour would be thousands of looks at empty tables; one world in this many looks as often as is shipped. */
const LOOKS_AS_SHIPPED = 1 / 20;
const SELDOM_MS = 20_000;

export function drawSettings(choices: Choices): Settings {
  const of = (values: readonly number[]) => values[choices.pick(values.length)] ?? 0;
  const drawn = Object.fromEntries(Object.entries(explored).map(([name, values]) => [name, of(values)]));
  const looks = choices.chance(LOOKS_AS_SHIPPED) ? {} : { sweepEvery: SELDOM_MS, timersEvery: SELDOM_MS };
  return { ...shipped, ...drawn, ...looks };
}

/** Small worlds, of which every schedule is visited, begin their batches at once: a wait is one more thing that can happen at any moment. */
export const settingsOfSmallWorlds: Settings = { ...shipped, linger: 0 };

/** In words, for the report of a run. */
export function describeSettings(): string {
  const line = (name: string, value: unknown) => `  ${name.padEnd(16)} ${value}`;
  const values = Object.entries(shipped).map(([name, value]) => {
    const others = Object.entries(explored).flatMap(([each, drawn]) => (each === name ? drawn : []));
    const odd = [...new Set(others)].filter((each) => each !== value);
    const seldom = name === 'sweepEvery' || name === 'timersEvery' ? [SELDOM_MS] : [];
    return line(name, [value, ...odd, ...seldom].join(' or '));
  });
  return ['Settings (what is shipped comes first)', ...values].join('\n');
}

function settingsOf(config: ReturnType<typeof orderConfig>): Settings {
  const { batchLimit, linger, prefetch, commandLimit, retryDelays, effectTimeout, effectConcurrency } = config;
  const { breakerCalls, breakerProbe, sweepEvery, sweepAfter, timersEvery, orderDeadline } = config;
  return {
    batchLimit,
    linger,
    prefetch,
    commandLimit,
    retryDelays,
    effectTimeout,
    effectConcurrency,
    breakerCalls,
    breakerProbe,
    sweepEvery,
    sweepAfter,
    timersEvery,
    orderDeadline,
  };
}
