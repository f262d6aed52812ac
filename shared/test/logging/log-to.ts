import { PassThrough } from 'node:stream';
import { createLogger, type LogLevel } from '@quickstep/shared/logging';

export function logTo(level: LogLevel, readable = false) {
  const to = new PassThrough();
  const logger = createLogger({ service: 'payment-service', level, to, readable });
  const text = () => String(to.read() ?? '');
  const lines = (): unknown[] =>
    text()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  return { logger, text, lines };
}
