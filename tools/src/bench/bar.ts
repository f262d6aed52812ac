import { Interrupted } from '../problem.js';
import { formatDuration, type Progress, paint } from '../progress.js';

export interface Bar {
  /** @param share from 0 to 1 */
  show(share: number, text: string): void;
}

const width = 24;
const everyMs = 100;

/** Runs the work under a live progress bar; like `Progress.step`, one line remains of it. Without a terminal there is no bar. */
export async function withBar<T>(
  progress: Progress,
  label: string,
  work: (bar: Bar, note: (text: string) => void) => Promise<T>,
): Promise<T> {
  const stream = process.stdout;
  const started = performance.now();
  let finished = label;
  let shownAt = 0;
  const show = (share: number, text: string) => {
    if (!stream.isTTY || performance.now() - shownAt < everyMs) return;
    shownAt = performance.now();
    const full = Math.round(Math.min(1, share) * width);
    const line = `  ${label} ${'█'.repeat(full)}${'░'.repeat(width - full)} ${text}`;
    stream.write(`\r\u001b[2K${line.slice(0, (stream.columns ?? 80) - 1)}`);
  };
  const end = (sign: string) => {
    if (stream.isTTY) stream.write('\r\u001b[2K');
    progress.line(`  ${sign} ${finished.padEnd(66)} ${formatDuration(performance.now() - started).padStart(8)}`);
  };
  try {
    const note = (text: string) => {
      finished = text;
    };
    const result = await work({ show }, note);
    end(paint(stream, 32, '✓'));
    return result;
  } catch (error) {
    end(error instanceof Interrupted ? '-' : paint(stream, 31, '✗'));
    throw error;
  }
}
