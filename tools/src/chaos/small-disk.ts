import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statfsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Far more than a run needs: memory is taken as files are written. */
const ROOMY = '6g';
const FILL_ATTEMPTS = 20;

/** A file system in memory whose size can be changed while it is in use: full at once, and roomy again. */
export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Undefined where none can be mounted: without root, or outside Linux. */
  static async mount(path: string): Promise<SmallDisk | undefined> {
    mkdirSync(path, { recursive: true });
    return run('mount', ['-t', 'tmpfs', '-o', `size=${ROOMY},mode=0700`, 'chaos', path]).then(
      () => new SmallDisk(path),
      () => undefined,
    );
  }

  /** What an earlier run that was killed has left mounted below a folder. */
  static unmountBelow(directory: string): void {
    for (const path of mounts().filter((each) => each.startsWith(`${directory}/`))) SmallDisk.unmount(path);
  }

  static unmount(path: string): void {
    if (mounts().includes(path)) execFileSync('umount', ['--lazy', path]);
  }

  /** No block is left. @returns bytes free */
  async fill(): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const { blocks, bfree, bsize } = statfsSync(this.path);
      try {
        await this.#resize(`${(blocks - bfree) * bsize}`);
        return this.free;
      } catch (error) {
        // The kernel refuses a size below what is used, and the database goes on writing.
        if (attempt === FILL_ATTEMPTS) throw error;
      }
    }
  }

  empty(): Promise<void> {
    return this.#resize(ROOMY);
  }

  get free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  async #resize(size: string): Promise<void> {
    await run('mount', ['-o', `remount,size=${size}`, this.path]);
  }
}

function mounts(): string[] {
  if (!existsSync('/proc/mounts')) return [];
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
}
