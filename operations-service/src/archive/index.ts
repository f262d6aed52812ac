export { Archive, type NextEvents } from './archive.js';
export { type ArchivedEvent, type ArchiveFilter, matches } from './archived-event.js';
export { Arrivals } from './arrivals.js';
export { type Causality, causality, type Effect, inOrder } from './causes.js';
export { archiveMetrics, followingPart } from './following.js';
export { LISTENERS_AT_MOST, LiveEvents } from './live.js';
export { Archive1760000000001, ArchiveIndices1760000000004 } from './migration.js';
export { follow, type Looked, lookedAt } from './pace.js';
export { RecentEvents } from './recent-events.js';
