import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { samples } from './instances.js';
import { isSubset } from './library.js';
import { asWritten, type JsonSchema, textOf, unjudged, withNamedPatterns, withoutSame } from './schema.js';

/** Looks for a reason why a reader may refuse what a writer writes; undefined when it finds none. */
export type Witness = (writer: JsonSchema, reader: JsonSchema) => string | undefined;

const SAMPLES = 60;
const ajv = addFormats(new Ajv({ strict: false, allErrors: false }), ['uuid', 'email', 'date-time']);
const compiled = new Map<string, ValidateFunction>();

export function validates(schema: JsonSchema): (value: unknown) => string | undefined {
  const text = textOf(schema);
  const check = compiled.get(text) ?? ajv.compile(JSON.parse(text));
  compiled.set(text, check);
  return (value) => (check(value) ? undefined : `${check.errors?.[0]?.instancePath ?? ''} ${check.errors?.[0]?.message}`);
}

/** What nobody here can judge counts as breaking. */
function keywords(writer: JsonSchema, reader: JsonSchema): string | undefined {
  const unknown = [...unjudged(writer), ...unjudged(reader)];
  return unknown.length === 0 ? undefined : `cannot be judged: ${[...new Set(unknown)].join(', ')}`;
}

function library(writer: JsonSchema, reader: JsonSchema): string | undefined {
  try {
    if (isSubset(withNamedPatterns(asWritten(writer)), withNamedPatterns(reader))) return undefined;
    return 'may be refused';
  } catch (error) {
    return `cannot be judged: ${error instanceof Error ? error.message : error}`;
  }
}

/** The library may be wrong: values made from what is written must be read. */
function generated(writer: JsonSchema, reader: JsonSchema): string | undefined {
  let values: unknown[];
  try {
    values = samples(writer, SAMPLES).filter((value) => validates(writer)(value) === undefined);
  } catch (error) {
    return `cannot be judged: ${error instanceof Error ? error.message : error}`;
  }
  if (values.length === 0) return 'cannot be judged: no value of it could be made';
  const refused = values.map(validates(reader)).find((error) => error !== undefined);
  return refused === undefined ? undefined : `a value that may be written is refused: ${refused}`;
}

/** What a witness said once it says again. */
function remembered(witness: Witness): Witness {
  const said = new Map<string, { readonly reason: string | undefined }>();
  return (writer, reader) => {
    const about = `${textOf(writer)} ${textOf(reader)}`;
    const known = said.get(about) ?? { reason: witness(writer, reader) };
    said.set(about, known);
    return known.reason;
  };
}

export const witnesses = {
  keywords,
  library: remembered(library),
  generated: remembered(generated),
} satisfies Record<string, Witness>;

/** Where, and why, a reader may refuse what a writer writes. */
export interface Refusal {
  /** JSON Pointer into the data; `*` stands for every element of a list. */
  readonly field: string;
  readonly why: string;
}

export type Judge = (writer: JsonSchema, reader: JsonSchema) => Refusal | undefined;

/** Every witness must be content. */
export function judgeBy(asked: readonly Witness[]): Judge {
  const refusal: Witness = (writer, reader) => {
    if (textOf(writer) === textOf(reader)) return undefined;
    const [written, read] = withoutSame(writer, reader);
    for (const witness of asked) {
      const reason = witness(written, read);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
  return (writer, reader) => {
    const reason = refusal(writer, reader);
    return reason === undefined ? undefined : blame(writer, reader, reason, refusal, '');
  };
}

/** Goes down to the field that is the reason. */
function blame(writer: JsonSchema, reader: JsonSchema, reason: string, refusal: Witness, at: string): Refusal {
  const missing = reader.required?.find((name) => !writer.required?.includes(name));
  if (missing !== undefined) {
    const never = writer.properties?.[missing] === undefined;
    return { field: `${at}/${missing}`, why: `is required by the reader, and ${never ? 'not written' : 'may be missing'}` };
  }
  const parts = Object.entries({ ...writer.properties, ...(writer.items && { '*': writer.items }) });
  for (const [name, written] of parts) {
    const read = name === '*' ? reader.items : reader.properties?.[name];
    const why = read === undefined ? undefined : refusal(written, read);
    if (read !== undefined && why !== undefined) return blame(written, read, why, refusal, `${at}/${name}`);
  }
  return { field: at || '/', why: `${reason} (${differences(writer, reader)})` };
}

function differences(writer: JsonSchema, reader: JsonSchema): string {
  const of = (schema: JsonSchema) => new Map(Object.entries(schema).map(([keyword, value]) => [keyword, short(value)]));
  const [written, read] = [of(writer), of(reader)];
  const changed = [...new Set([...written.keys(), ...read.keys()])].filter((each) => written.get(each) !== read.get(each));
  return changed
    .map((each) => `${each}: ${written.get(each) ?? 'none'} is written, ${read.get(each) ?? 'none'} is read`)
    .join('; ');
}

function short(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
