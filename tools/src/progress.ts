import type { WriteStream } from 'node:tty';
import { Interrupted } from './problem.js';

export type Note = (detail: string) => void;
/** @param share from 0 to 1 */
export type Show = (share: number, text: string) => void;

export interface Progress {
  /**
   * Runs the work and prints one line with its duration; `note` replaces what the finished line says, `show` tells how far the work
   * is: on the live line, elsewhere in a line every minute.
   */
  step<T>(label: string, work: (note: Note, show: Show) => Promise<T>): Promise<T>;
  line(text?: string): void;
}

const width = 66;
const barWidth = 24;
const drawEveryMs = 100;
const tellEveryMs = 60_000;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export function formatDuration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export function paint(stream: WriteStream, code: number, text: string): string {
  return stream.isTTY && !process.env.NO_COLOR ? `\u001b[${code}m${text}\u001b[0m` : text;
}

/** On a terminal the running steps are shown on one live line below the finished ones; elsewhere only finished steps are printed. */
export function createProgress(stream: WriteStream = process.stdout): Progress {
  const running = new Map<symbol, string>();
  let timer: NodeJS.Timeout | undefined;
  let frame = 0;
  let drawnAt = 0;

  const clear = () => stream.isTTY && stream.write('\r\u001b[2K');
  const draw = () => {
    if (!stream.isTTY || running.size === 0) return;
    drawnAt = performance.now();
    frame = (frame + 1) % frames.length;
    const text = `  ${frames[frame]} ${[...running.values()].join(', ')} ...`;
    stream.write(`\r\u001b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`);
  };
  const line = (text = '') => {
    clear();
    stream.write(`${text}\n`);
    draw();
  };

  async function step<T>(label: string, work: (note: Note, show: Show) => Promise<T>): Promise<T> {
    const key = Symbol(label);
    const started = performance.now();
    let finished = label;
    let toldAt = started;
    const show: Show = (share, text) => {
      const full = Math.round(Math.min(1, share) * barWidth);
      const shown = `${label} ${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${text}`;
      running.set(key, shown);
      const now = performance.now();
      // Work that leaves no time for timers is drawn here.
      if (now - drawnAt >= drawEveryMs) draw();
      if (stream.isTTY || now - toldAt < tellEveryMs) return;
      toldAt = now;
      line(`  ${shown}`);
    };
    const end = (sign: string) => {
      running.delete(key);
      if (running.size === 0) clearInterval(timer);
      line(`  ${sign} ${finished.padEnd(width)} ${formatDuration(performance.now() - started).padStart(8)}`);
    };
    if (running.size === 0 && stream.isTTY) timer = setInterval(draw, drawEveryMs).unref();
    running.set(key, label);
    try {
      const result = await work((detail) => {
        finished = detail;
      }, show);
      end(paint(stream, 32, '✓'));
      return result;
    } catch (error) {
      end(error instanceof Interrupted ? '-' : paint(stream, 31, '✗'));
      throw error;
    }
  }

  return { step, line };
}
