/** Deeper than anything that is meant. */
export const DEEPEST = 200;

/** Whether a JSON value is nested so deep that whatever goes through it level by level, `JSON.stringify` too, may use up the stack. */
export function isTooDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= DEEPEST; depth++) {
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
    if (level.length === 0) return false;
  }
  return true;
}
