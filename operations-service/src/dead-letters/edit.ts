import { DEEPEST, isTooDeep } from '../depth.js';
import { differencesOf, type FieldDifference } from './differences.js';
import { attributesOf, factsOf, isUuid, type LetterFacts } from './letter.js';
import { decodeLetter, type Readable } from './verdict.js';

/** A change that an operator makes to a message before it is sent again. */
export interface Edited extends LetterFacts {
  readonly content: Buffer;
  readonly differences: readonly FieldDifference[];
}

/** Why a message may not be changed like this. */
export class NotEditable extends Error {
  override readonly name = 'NotEditable';
}

/**
 * Checks the event that is to take a message's place, exactly as its service will.
 *
 * @throws NotEditable when the service would refuse it, or when it is another event: under another id the inbox would not know that it has
 * been handled
 */
export function edited(original: Readable, event: unknown): Edited {
  const before = attributesOf(original.content, original.contentType ?? undefined);
  if (isTooDeep(event)) throw new NotEditable(`It is nested more than ${DEEPEST} levels deep`);
  const content = Buffer.from(JSON.stringify(event));
  const after = attributesOf(content, original.contentType ?? undefined);
  for (const name of ['id', 'type'] as const) {
    const kept = name === 'id' ? isUuid(before.id) : before.type === original.routingKey;
    if (kept && before[name] !== after[name]) throw new NotEditable(`/${name} must stay what it is: it would be another event`);
  }
  const wrong = decodeLetter({ ...original, content }).flatMap((each) => (each.ok ? [] : [each.error.message]));
  if (wrong.length > 0) throw new NotEditable(wrong.join('; '));
  return {
    content,
    differences: differencesOf(isTooDeep(before) ? original.content.toString() : before, after),
    ...factsOf(content, original.contentType ?? undefined),
  };
}
