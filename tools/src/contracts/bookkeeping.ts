import type { Finding } from './finding.js';
import type { Rule } from './rules.js';
import { plain, textOf } from './schema.js';

const numbers = (version: string) => version.split('.').map(Number);

function isOlder(one: string, other: string): boolean {
  const [[major = 0, minor = 0], [otherMajor = 0, otherMinor = 0]] = [numbers(one), numbers(other)];
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

/** A version says one thing: whoever changes a contract raises its version, and publishes it. */
export const bookkeeping: Rule = ({ published, declared }) => {
  const versions = declared.versions.flatMap(({ type, dataversion, schema, current }): Finding[] => {
    const known = published.versions.filter((each) => each.type === type);
    const same = known.find((each) => each.dataversion === dataversion);
    const found = { kind: 'unpublished', type } as const;
    if (same !== undefined && textOf(plain(same.schema)) !== textOf(schema))
      return [
        {
          ...found,
          what: `${dataversion} is published, and says something else`,
          wayOut: `give the contract a higher version than ${dataversion}`,
        },
      ];
    const newer = known.find((each) => isOlder(dataversion, each.dataversion));
    if (current && newer !== undefined)
      return [
        { ...found, what: `${dataversion} is older than ${newer.dataversion}, which is published`, wayOut: 'versions only grow' },
      ];
    if (same === undefined) return [{ ...found, what: `${dataversion} is not published`, wayOut: 'npm run contracts:publish' }];
    return [];
  });
  if (JSON.stringify(published.consumers) === JSON.stringify(declared.consumers)) return versions;
  const consumers = {
    kind: 'unpublished',
    type: 'consumers',
    what: 'are others than published',
    wayOut: 'npm run contracts:publish',
  } as const;
  return [...versions, consumers];
};
