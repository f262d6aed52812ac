import { problem } from '@quickstep/shared/http';
import type { Logger } from '@quickstep/shared/logging';
import { reasonOf } from '@quickstep/shared/pipeline';
import type { DataSource } from 'typeorm';
import { type Archive, type Looked, lookedAt } from '../archive/index.js';
import { type Applied, applyNext } from './batch.js';
import { type Generation, Generations } from './generations.js';
import type { Projection } from './projection.js';

/** How a projection stands, for operators. */
export interface ProjectionState {
  readonly projection: Projection;
  readonly generations: readonly Generation[];
  /** Events of the archive that what readers see is behind. */
  readonly lag: number;
  /** Why it stands still, while it does. */
  readonly failure: string | undefined;
}

export interface ProjectionsOptions {
  readonly projections: readonly Projection[];
  readonly dataSource: DataSource;
  readonly archive: Pick<Archive, 'next' | 'end'>;
  readonly logger: Logger;
}

/** Keeps projections up with the archive, and rebuilds them beside what readers see. */
export class Projections {
  readonly #options: ProjectionsOptions;
  readonly #generations: Generations;
  readonly #failures = new Map<string, string>();
  #known: readonly Generation[] = [];
  #end = 0;

  constructor(options: ProjectionsOptions) {
    this.#options = options;
    this.#generations = new Generations(options.dataSource);
  }

  get names(): string[] {
    return this.#options.projections.map(({ name }) => name);
  }

  states(): ProjectionState[] {
    return this.#options.projections.map((projection) => {
      const generations = this.#known.filter(({ name }) => name === projection.name);
      const live = generations.find((each) => each.live);
      const lag = Math.max(0, this.#end - (live?.position ?? 0));
      return { projection, generations, lag, failure: this.#failures.get(projection.name) };
    });
  }

  /** By projection, how old the oldest event is that readers do not see yet, in seconds. @throws Error of the database */
  async oldestSeconds(): Promise<ReadonlyMap<string, number>> {
    // The table may name a projection that is no more.
    const ages = await this.#generations.oldestSeconds();
    return new Map(this.names.flatMap((name) => (ages.has(name) ? [[name, ages.get(name) ?? 0]] : [])));
  }

  /** @throws Problem `not_found`, or `unavailable` while readers would not see rows of this version */
  async require(projection: Projection): Promise<void> {
    const seen = (all: readonly Generation[]) =>
      all.some(({ name, version, live }) => live && name === projection.name && version === projection.version);
    if (seen(this.#known)) return;
    this.#known = await this.#generations.all();
    if (seen(this.#known)) return;
    throw problem('unavailable', `The projection ${projection.name} is being rebuilt`, { headers: { 'retry-after': '5' } });
  }

  /** @throws Problem `not_found` when there is no such projection */
  async rebuild(name: string): Promise<ProjectionState | undefined> {
    const projection = this.#options.projections.find((each) => each.name === name);
    if (projection === undefined)
      throw problem('not_found', `There is no projection of this name; there are ${this.names.join(', ')}`);
    const begun = await this.#generations.rebuild(projection);
    if (begun) this.#options.logger.info('a projection is being rebuilt', { projection: name });
    this.#known = await this.#generations.all();
    return this.states().find((each) => each.projection === projection);
  }

  /** Makes the tables of projections that have none yet. */
  async begin(): Promise<void> {
    for (const projection of this.#options.projections) await this.#generations.begin(projection);
    this.#known = await this.#generations.all();
  }

  /**
   * Applies what comes next to every generation that is behind. Never rejects because of a projection: what it cannot do stands in its
   * state.
   *
   * @throws Error of the database
   */
  async advance(): Promise<Looked> {
    const { archive, projections } = this.#options;
    // Before the generations: what they have come to is never beyond an end that was read after them.
    this.#end = await archive.end();
    this.#known = await this.#generations.all();
    const behind = projections.flatMap((projection) =>
      this.#known
        .filter(({ name, version, live, position }) => {
          const ours = name === projection.name && version === projection.version;
          return ours && (position < this.#end || !live);
        })
        .map((generation) => ({ projection, generation })),
    );
    const done = await Promise.all(behind.map(({ projection, generation }) => this.#advanceOne(projection, generation)));
    if (done.includes(undefined)) return 'failed';
    if (done.some((each) => each?.more)) return 'more';
    return lookedAt(Math.max(0, ...done.map((each) => each?.events ?? 0)));
  }

  /** Undefined when it has failed. */
  async #advanceOne(projection: Projection, generation: Generation): Promise<Applied | undefined> {
    const { dataSource, archive, logger } = this.#options;
    const { name } = projection;
    const end = this.#end;
    try {
      const applied = await applyNext(dataSource, archive, { projection, generation, end });
      this.#tell(projection, applied);
      if (applied.position >= end && !generation.live) await this.#switch(projection, generation, end);
      if (this.#failures.delete(name)) logger.info('a projection goes on', { projection: name });
      return applied;
    } catch (error) {
      const reason = reasonOf(error);
      if (!this.#failures.has(name)) logger.error('a projection stands still', { projection: name, reason });
      this.#failures.set(name, reason);
      return undefined;
    }
  }

  async #switch(projection: Projection, { generation, events }: Generation, end: number): Promise<void> {
    if (!(await this.#generations.switchTo(projection, generation, end))) return;
    this.#options.logger.info('a projection has been rebuilt', { projection: projection.name, generation, events });
  }

  #tell({ name }: Projection, { refused }: Applied): void {
    for (const { archived, reason } of refused)
      this.#options.logger.warn('a projection leaves out an event that does not keep its contract', {
        projection: name,
        event: archived.event.id,
        type: archived.event.type,
        reason,
      });
  }
}
