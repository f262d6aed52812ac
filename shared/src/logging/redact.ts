/**
 * What must never be read in a log, whoever wrote the message (a driver's error may quote a row): user and password in a URL, email
 * addresses, payment method tokens. The last line of defence: nothing in the kit logs data on purpose.
 */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/"'@]{1,256}@/gi, '$1***@'],
  [/[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[a-z]{2,24}\b/gi, '***@***'],
  [/\bpm_[a-z0-9_]{1,60}/g, 'pm_***'],
];

export function redact(line: string): string {
  return SECRETS.reduce((redacted, [pattern, replacement]) => redacted.replace(pattern, replacement), line);
}
