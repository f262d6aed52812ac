import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../problem.js';
import { installChromium, requireChromium } from './chromium.js';
import { providePrometheus } from './prometheus.js';
import { requireRabbitmq } from './rabbitmq.js';

/**
 * Installs what tests need besides npm's packages, where that is possible, before anything is started; one after the other, as two that install
 * at the same time would stand in each other's way. @throws Problem that lists everything that is missing
 */
export async function provideTestPrograms(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'quickstep-programs-'));
  const needs = [requireRabbitmq, () => provideChromium(directory), () => providePrometheus(directory)];
  const missing: string[] = [];
  try {
    for (const provide of needs) {
      await provide().catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        missing.push(error.message);
      });
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  if (missing.length > 0) throw new Problem(missing.join('\n\n'));
}

async function provideChromium(directory: string): Promise<void> {
  await installChromium(directory);
  requireChromium();
}
