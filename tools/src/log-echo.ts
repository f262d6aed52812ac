import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

const everyMs = 250;
const mostLinesAtOnce = 8;
const LONGEST_REASON = 160;

interface LogLine {
  level?: string;
  message?: string;
  subject?: string;
  reason?: string;
}

/**
 * Shows the warnings and errors of a growing log file. A service writes to the file itself: its output costs this process
 * nothing while all is well, and it does not end in a broken pipe when this process is killed.
 */
export function echoProblems(name: string, file: string, show: (text: string) => void): () => void {
  let offset = sizeOf(file);
  let rest = '';
  const decoder = new StringDecoder('utf8');
  const poll = () => {
    // A file that shrank is a new one.
    if (sizeOf(file) < offset) offset = 0;
    const chunk = readFrom(file, offset);
    offset += chunk.length;
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    const problems = lines.map((line) => describe(name, line)).filter((line) => line !== undefined);
    for (const problem of problems.slice(0, mostLinesAtOnce)) show(problem);
    if (problems.length > mostLinesAtOnce) show(`${name}: ${problems.length - mostLinesAtOnce} more in ${file}`);
  };
  const timer = setInterval(poll, everyMs);
  return () => {
    clearInterval(timer);
    poll();
  };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function readFrom(file: string, offset: number): Buffer {
  const size = sizeOf(file);
  if (size <= offset) return Buffer.alloc(0);
  const buffer = Buffer.alloc(Math.min(size - offset, 1_000_000));
  const descriptor = openSync(file, 'r');
  try {
    return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, offset));
  } finally {
    closeSync(descriptor);
  }
}

/** The beginning of a reason, on one line: the file has all of it. */
function shortened(reason: string): string {
  const line = reason.replace(/\s+/g, ' ');
  return line.length <= LONGEST_REASON ? line : `${line.slice(0, LONGEST_REASON)}...`;
}

function describe(name: string, line: string): string | undefined {
  if (!/"level":"(warn|error)"/.test(line)) return undefined;
  try {
    const { level, message, subject, reason } = JSON.parse(line) as LogLine;
    const about = subject ? ` (${subject})` : '';
    return `${name} ${level}: ${message}${about}${reason ? `: ${shortened(reason)}` : ''}`;
  } catch {
    return `${name}: ${line}`;
  }
}
