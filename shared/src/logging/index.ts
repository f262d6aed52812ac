export { logEndings } from './log-endings.js';
export { createLogger, type LogFields, type Logger, type LoggerOptions, type LogLevel } from './logger.js';
export { pipelineObserver } from './pipeline-observer.js';

export { redact } from './redact.js';
