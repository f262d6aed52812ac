import type { Declared } from './declared.js';
import { addVersion, type Recorded, type Registry, writeConsumers, writeRecorded } from './registry.js';

/** Adds to the registry what it does not have. @returns the versions that are new */
export function publish(folder: string, published: Registry, declared: Declared, events: readonly Recorded[]): string[] {
  const known = new Set(published.versions.map(nameOf));
  const news = declared.versions.filter((each) => !known.has(nameOf(each)));
  for (const { type, dataversion, subject, emitters, schema } of news)
    addVersion(folder, { type, dataversion, subject, emitters, schema });
  writeConsumers(folder, declared.consumers);
  const recorded = new Set(published.recorded.map(nameOf));
  writeRecorded(folder, [...published.recorded, ...events.filter((each) => !recorded.has(nameOf(each)))]);
  return news.map(nameOf);
}

const nameOf = ({ type, dataversion }: { readonly type: string; readonly dataversion: string }) => `${type} ${dataversion}`;
