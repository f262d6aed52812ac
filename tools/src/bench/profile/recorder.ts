import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';

/**
 * Loaded into a service by `--require`. The signal starts a processor profile, and again ends it and writes it down: so that it
 * holds the measured part of a run and neither start nor warm-up.
 */
const directory = process.env.BENCH_PROFILE_DIRECTORY;
const name = process.env.BENCH_PROFILE_NAME;
const samplingMicroseconds = 1_000;

if (directory !== undefined && name !== undefined) {
  let session: Session | undefined;
  process.on('SIGUSR2', () => {
    if (session === undefined) session = start();
    else {
      stop(session, join(directory, `${name}-${process.pid}.cpuprofile`));
      session = undefined;
    }
  });
}

function start(): Session {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: samplingMicroseconds });
  session.post('Profiler.start');
  return session;
}

function stop(session: Session, file: string): void {
  session.post('Profiler.stop', (error, { profile }) => {
    if (error === null) {
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, JSON.stringify(profile));
    }
    session.disconnect();
  });
}
