export { type AlertFound, Analysis, type AnalyticsState, emptyState } from './analysis.js';
export * from './declaration.js';
export { patterns, windows } from './declared.js';
export type { AnalysedEvent } from './signals.js';
export type { WindowResult } from './windows.js';
