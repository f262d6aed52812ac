import type { WriteStream } from 'node:tty';
import { Interrupted } from './problem.js';

export type Note = (detail: string) => void;

export interface Progress {
  /** Runs the work and prints one line with its duration; `note` replaces what the finished line says. */
  step<T>(label: string, work: (note: Note) => Promise<T>): Promise<T>;
  line(text?: string): void;
}

const width = 66;
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

  const clear = () => stream.isTTY && stream.write('\r\u001b[2K');
  const draw = () => {
    if (!stream.isTTY || running.size === 0) return;
    frame = (frame + 1) % frames.length;
    const text = `  ${frames[frame]} ${[...running.values()].join(', ')} ...`;
    stream.write(`\r\u001b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`);
  };
  const line = (text = '') => {
    clear();
    stream.write(`${text}\n`);
    draw();
  };

  async function step<T>(label: string, work: (note: Note) => Promise<T>): Promise<T> {
    const key = Symbol(label);
    const started = performance.now();
    let finished = label;
    const end = (sign: string) => {
      running.delete(key);
      if (running.size === 0) clearInterval(timer);
      line(`  ${sign} ${finished.padEnd(width)} ${formatDuration(performance.now() - started).padStart(8)}`);
    };
    if (running.size === 0 && stream.isTTY) timer = setInterval(draw, 100).unref();
    running.set(key, label);
    try {
      const result = await work((detail) => {
        finished = detail;
      });
      end(paint(stream, 32, '✓'));
      return result;
    } catch (error) {
      end(error instanceof Interrupted ? '-' : paint(stream, 31, '✗'));
      throw error;
    }
  }

  return { step, line };
}
