import { setTimeout as pause } from 'node:timers/promises';

/** Half of jest's, so that it is ours that says what was waited for; a busy machine may be ten times slower. Milliseconds. */
export const PATIENCE = 120_000;

/** Asks until there is an answer. For what tells nobody when it changes; everything else is waited for by its event. */
export async function until<Answer>(
  ask: () => Promise<Answer | undefined>,
  missing: () => string,
  patience = PATIENCE,
): Promise<Answer> {
  const deadline = performance.now() + patience;
  for (let wait = 10; performance.now() < deadline; wait = Math.min(wait + 5, 50)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(wait);
  }
  throw new Error(missing());
}

/** Asks until it is so. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  await until(
    async () => (await isSo()) || undefined,
    () => `It never came to this: ${isSo}`,
  );
}
