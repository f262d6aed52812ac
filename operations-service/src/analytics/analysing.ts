import { createHash } from 'node:crypto';
import type { Logger } from '@quickstep/shared/logging';
import { type Clock, reasonOf } from '@quickstep/shared/pipeline';
import type { Part, Resources } from '@quickstep/shared/service';
import type { DataSource, EntityManager } from 'typeorm';
import { Archive, follow, type Looked, lookedAt, type RecentEvents } from '../archive/index.js';
import { Alerts } from '../db/tables.js';
import { readEvents } from '../projections/index.js';
import { type AlertFound, Analysis } from './analysis.js';
import type { AnyDeclaration, PatternDeclaration, WindowDeclaration } from './declaration.js';
import { saveRows } from './rows-store.js';
import { alertId, analyseStored } from './store.js';

const PAGE = 500;

const LAG = {
  name: 'quickstep_analytics_lag_events',
  help: 'Events of the archive that windows and patterns are behind',
} as const;
export const analyticsMetrics = [LAG];

interface Progress {
  readonly version: string;
  readonly position: number;
  /** What is found up to here was found, or could have been, before: it is noted, not raised. */
  readonly silentUntil: number;
}

export interface AnalysingOptions {
  readonly windows: readonly WindowDeclaration[];
  readonly patterns: readonly PatternDeclaration[];
  readonly resources: Pick<Resources, 'dataSource' | 'clock' | 'logger'>;
  readonly recent: RecentEvents;
}

/** Changes whenever results would: then everything is rebuilt. */
export function versionOf(declared: readonly AnyDeclaration[]): string {
  const text = JSON.stringify(declared, (name, value: unknown) =>
    // A contract is called, and so is a function to JSON: its type tells it.
    typeof value === 'function' && 'type' in value ? value.type : name === 'description' ? undefined : value,
  );
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Reads the archive on and on, and keeps windows and patterns; the place that it has reached is written with them. */
export class Analysing {
  readonly #analysis: Analysis;
  readonly #version: string;
  readonly #dataSource: DataSource;
  readonly #archive: Archive;
  readonly #types: readonly string[];
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor({ windows, patterns, recent, resources: { dataSource, clock, logger } }: AnalysingOptions) {
    this.#analysis = new Analysis(windows, patterns);
    this.#version = versionOf([...windows, ...patterns]);
    this.#dataSource = dataSource;
    this.#archive = new Archive(dataSource, recent);
    this.#types = this.#analysis.observes.map(({ type }) => type);
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Begins at the beginning of the archive when there is nothing yet, or it was made by other declarations. */
  async prepare(): Promise<void> {
    const end = await this.#archive.end();
    await this.#dataSource.transaction(async (manager) => {
      await manager.query('lock table analytics_progress in exclusive mode');
      const known = await this.#progress(manager);
      if (known?.version === this.#version) return;
      await manager.query('truncate analytics_windows, analytics_joins, analytics_patterns, analytics_totals, analytics_sources');
      await manager.query(
        `insert into analytics_progress (version, position, silent_until) values ($1, 0, $2)
         on conflict (one) do update set version = $1, position = 0, silent_until = greatest(analytics_progress.silent_until, $2)`,
        [this.#version, known?.position ?? end],
      );
    });
  }

  /** What comes next, at most a page of what is not in memory. */
  async look(): Promise<Looked> {
    const seen = await this.#progress(this.#dataSource.manager);
    if (seen?.version !== this.#version) return 'nothing';
    // Before the page: what comes between the two is not passed by.
    const end = await this.#archive.end();
    if (end <= seen.position) return 'nothing';
    const next = await this.#archive.next(seen.position, { types: this.#types, limit: PAGE, end });
    const { events: archived, position, more } = next;
    const { events, refused } = readEvents(this.#analysis, archived);
    await this.#dataSource.transaction(async (manager) => {
      const known = await this.#progress(manager, 'for update');
      if (known?.version !== this.#version || known.position !== seen.position) return;
      const now = this.#clock.now();
      const found = await analyseStored(this.#analysis, events, manager, now);
      const positions = new Map(archived.map((each) => [each.event.id, each.position]));
      const isNew = ({ eventId }: AlertFound) => (positions.get(eventId) ?? position) > known.silentUntil;
      await saveAlerts(manager, found, isNew, now);
      await manager.query('update analytics_progress set position = $1', [position]);
      this.#tell(refused);
    });
    return more ? 'more' : lookedAt(archived.length);
  }

  /** By how many places of the archive it is behind. */
  async lag(): Promise<number> {
    const [end, known] = await Promise.all([this.#archive.end(), this.#progress(this.#dataSource.manager)]);
    return Math.max(0, end - (known?.position ?? 0));
  }

  #tell(refused: ReturnType<typeof readEvents>['refused']): void {
    for (const { archived, reason } of refused)
      this.#logger.warn('an event does not keep its contract and is not analysed', {
        event: archived.event.id,
        type: archived.event.type,
        reason,
      });
  }

  async #progress(manager: EntityManager, lock = ''): Promise<Progress | undefined> {
    const [row]: Progress[] = await manager.query(
      `select version, position, silent_until as "silentUntil" from analytics_progress ${lock}`,
    );
    return row;
  }
}

async function saveAlerts(
  manager: EntityManager,
  found: readonly AlertFound[],
  isNew: (alert: AlertFound) => boolean,
  now: Date,
): Promise<void> {
  const ids = found.map(alertId);
  const known: { id: string }[] = await manager.query('select id from analytics_alerts where id = any($1::text[])', [ids]);
  const before = new Set(known.map(({ id }) => id));
  const rows = found.flatMap((alert) => {
    const id = alertId(alert);
    if (before.has(id)) return [];
    const { pattern, key, detail, eventId, time } = alert;
    const raiseAt = isNew(alert) ? now : null;
    return [{ id, pattern, key, detail, eventId, happenedAt: new Date(time), raiseAt, raisedAt: null }];
  });
  await saveRows(manager, Alerts, rows);
}

/** Runs the analysis beside everything else, one page after the other. */
export function analysingPart(options: AnalysingOptions): Part {
  const { clock, logger } = options.resources;
  const analysing = new Analysing(options);
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let failing = false;
  async function look(): Promise<Looked> {
    try {
      const looked = await analysing.look();
      failing = false;
      return looked;
    } catch (error) {
      if (!failing) logger.warn('the archive could not be analysed; it is tried again', { reason: reasonOf(error) });
      failing = true;
      return 'failed';
    }
  }
  return {
    name: 'analytics',
    async start() {
      await analysing.prepare();
      running = follow({ recent: options.recent, clock, signal: stopping.signal, look });
    },
    async stop() {
      stopping.abort();
      await running;
    },
    gauges: [{ ...LAG, read: () => analysing.lag() }],
  };
}
