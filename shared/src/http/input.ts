import { type Static, type TObject, type TSchema, Type } from '@sinclair/typebox';
import type { Request } from 'express';
import { type FieldError, validator } from '../events/index.js';
import { invalid, problem } from './problem.js';

/** The validator found nothing, so the value is of the schema's type. */
function fits<S extends TSchema>(_value: unknown, errors: readonly FieldError[]): _value is Static<S> {
  return errors.length === 0;
}

const nothing = Type.Object({}, { additionalProperties: false });

/** What names a thing that may be made: gives it back as the schema's type, or throws a Problem that names what is wrong (422). */
export function subjectChecker<S extends TObject>(schema: S | undefined): (request: Request) => Static<S> {
  const check = validator(schema ?? nothing);
  return ({ params }) => {
    const found: unknown = params;
    const errors = check(found);
    if (fits<S>(found, errors)) return found;
    throw invalid(errors, 'Some parts of the path are wrong; each is named in errors');
  };
}

/** What identifies a thing that is there: one that cannot be does not exist (404). */
export function paramsChecker<S extends TObject>(schema: S | undefined): (request: Request) => Static<S> {
  const check = validator(schema ?? nothing);
  return ({ params, path }) => {
    const found: unknown = params;
    if (fits<S>(found, check(found))) return found;
    throw problem('not_found', `There is nothing at ${path}`);
  };
}

type Convert = (text: string) => unknown;

function converterOf(schema: TSchema): Convert {
  if (schema.type === 'integer' || schema.type === 'number')
    return (text) => (/^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : text);
  if (schema.type === 'boolean') return (text) => (text === 'true' ? true : text === 'false' ? false : text);
  return (text) => text;
}

/** The query, which holds only text: makes numbers and booleans of it, adds the schema's defaults, and then checks it (422). */
export function queryChecker<S extends TObject>(schema: S | undefined): (request: Request) => Static<S> {
  const check = validator(schema ?? nothing);
  const properties = Object.entries<TSchema>(schema?.properties ?? {});
  const converters = properties.map(([name, each]) => ({ name, convert: converterOf(each), fallback: each.default }));
  return ({ query }) => {
    const values: Record<string, unknown> = { ...query };
    for (const { name, convert, fallback } of converters) {
      const given = values[name] ?? fallback;
      if (given !== undefined) values[name] = typeof given === 'string' ? convert(given) : given;
    }
    const converted: unknown = values;
    const errors = check(converted);
    if (fits<S>(converted, errors)) return converted;
    throw invalid(errors, 'Some query parameters are wrong; each is named in errors');
  };
}
