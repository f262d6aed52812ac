/** Control characters, which a terminal obeys, line separators, and what turns the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const LINE_BREAKS = /\s*\n\s*/;

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** What anybody may have sent (the subject of an event) must not command the terminal that shows it, nor look like another line. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** Of a text of several lines each but the first is indented: none can pass for a message of its own. */
export function printableLines(text: string): string {
  return text.split(LINE_BREAKS).map(printable).join('\n    ');
}
