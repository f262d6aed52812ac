import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonSchema } from './schema.js';

/** One version of an event, as it was published. Never changed, only retired: deleted when no event of it can be met any more. */
export interface PublishedVersion {
  readonly type: string;
  readonly dataversion: string;
  readonly subject: string;
  readonly emitters: readonly string[];
  readonly schema: JsonSchema;
}

/** A service that reads an event, and in which majors. */
export interface Consumer {
  readonly service: string;
  readonly type: string;
  readonly majors: readonly string[];
}

/** What is out there: the versions, and who read them when they were published last. */
export interface Registry {
  readonly versions: readonly PublishedVersion[];
  readonly consumers: readonly Consumer[];
  /** Data of events that were really sent. */
  readonly recorded: readonly Recorded[];
}

export interface Recorded {
  readonly type: string;
  readonly dataversion: string;
  readonly data: unknown;
}

const CONSUMERS = 'consumers.json';
const RECORDED = 'recorded.json';

/** @param folder one folder for each type of event, with one file for each version; `consumers.json`, `recorded.json` */
export function readRegistry(folder: string): Registry {
  const list = (file: string) => (existsSync(join(folder, file)) ? JSON.parse(readFileSync(join(folder, file), 'utf8')) : []);
  const types = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }).filter((each) => each.isDirectory()) : [];
  const versions = types.flatMap(({ name }) =>
    readdirSync(join(folder, name)).map((file): PublishedVersion => list(join(name, file))),
  );
  return { versions, consumers: list(CONSUMERS), recorded: list(RECORDED) };
}

/** Adds a version; what is published already stays as it is. */
export function addVersion(folder: string, version: PublishedVersion): void {
  mkdirSync(join(folder, version.type), { recursive: true });
  writeFileSync(join(folder, version.type, `${version.dataversion}.json`), json(version), { flag: 'wx' });
}

export function writeConsumers(folder: string, consumers: readonly Consumer[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, CONSUMERS), json(consumers));
}

export function writeRecorded(folder: string, recorded: readonly Recorded[]): void {
  writeFileSync(join(folder, RECORDED), `[\n${recorded.map((each) => JSON.stringify(each)).join(',\n')}\n]\n`);
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
