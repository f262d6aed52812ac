import { join } from 'node:path';
import { isRunning, readRecords } from './processes.js';

const everyMs = 2_000;

/** Says once when the broker or the database has ended although nobody asked it to. Answers how to stop watching. */
export function watchServers(directory: string, tell: (text: string) => void): () => void {
  const records = readRecords(directory).filter(({ name }) => name === 'rabbitmq' || name === 'postgres');
  const reported = new Set<string>();
  const check = () => {
    for (const record of records.filter((candidate) => !reported.has(candidate.name) && !isRunning(candidate))) {
      reported.add(record.name);
      const log = join(directory, 'logs', `${record.name}.log`);
      tell(`${record.name} has ended by itself; its log: ${log}. Press Ctrl-C and start again: no data is lost.`);
    }
  };
  const timer = setInterval(check, everyMs);
  return () => clearInterval(timer);
}
