/**
 * What must never be read in a log, whoever wrote the message (a driver's error may quote a row): user and password in a URL, email
 * addresses, payment method tokens, credentials. The last line of defence: nothing in the kit logs data on purpose.
 */
interface Secret {
  /** Without any of these in the line there is no such secret: looking for them costs a hundredth of looking for the pattern. */
  readonly signs: readonly string[];
  /** Each repetition in it is bounded. */
  readonly pattern: RegExp;
  readonly instead: string;
}

const SECRETS: readonly Secret[] = [
  // Up to the last "@": a password that was not encoded may hold "/" and "@".
  { signs: ['://'], pattern: /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)\S{1,256}@/gi, instead: '$1***@' },
  { signs: ['@'], pattern: /[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[a-z]{2,24}\b/gi, instead: '***@***' },
  { signs: ['pm_'], pattern: /\bpm_[a-z0-9_]{1,60}/g, instead: 'pm_***' },
  {
    signs: ['uthorization', 'UTHORIZATION'],
    pattern:
      /(authorization(?:\\?["'])?\s{0,3}[:=]\s{0,3}(?:\\?["'])?(?:(?:bearer|basic|digest|negotiate) {1,3})?)[^\s"'\\,]{1,4096}/gi,
    instead: '$1***',
  },
  { signs: ['earer ', 'EARER '], pattern: /(bearer {1,3})[\w.~+/=-]{16,4096}/gi, instead: '$1***' },
  {
    signs: ['pass', 'Pass', 'PASS', 'pwd', 'PWD', 'ecret', 'ECRET', 'oken', 'OKEN', 'key', 'Key', 'KEY'],
    pattern:
      /((?:pass(?:word|wd|phrase)|pwd|secret|token|api[_-]?key)(?:\\?["'])?\s{0,3}[=:]\s{0,3})(?:(\\?["'])(?:[^"'\\]|\\\\){1,256}|(?:[^\s"'\\&,;)]|\\\\){1,256})/gi,
    instead: '$1$2***',
  },
];

const SIGNS = SECRETS.flatMap(({ signs }) => signs);
const SECRET_NAME = /pass(?:word|wd|phrase)|pwd|secret|token|authorization|api[_-]?key/i;

/** Whether there is anything in a text that `redact` would look at more closely. */
export function isSuspicious(text: string): boolean {
  return SIGNS.some((sign) => text.includes(sign));
}

export function redact(text: string): string {
  let redacted = text;
  for (const { signs, pattern, instead } of SECRETS) {
    if (signs.some((sign) => redacted.includes(sign))) redacted = redacted.replace(pattern, instead);
  }
  return redacted;
}

/** The value of a named field: before it is quoted, as in a line of JSON nobody can tell where a text with quotes ends. */
export function redactField(name: string, value: unknown): unknown {
  if (typeof value === 'string') return SECRET_NAME.test(name) ? '***' : redact(value);
  return Array.isArray(value) ? value.map((each) => redactField(name, each)) : value;
}
