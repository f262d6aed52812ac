import { type FieldError, validator } from '@quickstep/shared/events';
import { type Call, invalid } from '@quickstep/shared/http';
import type { Static, TObject, TSchema } from '@sinclair/typebox';

/** The validator found nothing, so the value is of the schema's type. */
function fits<S extends TSchema>(_value: unknown, errors: readonly FieldError[]): _value is Static<S> {
  return errors.length === 0;
}

/** The body of a call, with the schema's defaults; throws a Problem that names what is wrong (422). */
export function bodyChecker<S extends TObject>(schema: S): (call: Call) => Static<S> {
  const check = validator(schema);
  const properties = Object.entries<TSchema>(schema.properties).filter(([, each]) => each.default !== undefined);
  const defaults = Object.fromEntries(properties.map(([name, each]) => [name, each.default]));
  return ({ request }) => {
    const given: unknown = request.body;
    const value: unknown =
      typeof given === 'object' && given !== null && !Array.isArray(given) ? { ...defaults, ...given } : given;
    const errors = check(value);
    if (fits<S>(value, errors)) return value;
    throw invalid(errors);
  };
}
