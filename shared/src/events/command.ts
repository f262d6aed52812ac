import type { Static, TObject, TSchema } from '@sinclair/typebox';

/** What a client may ask of a service: the single source of the request's JSON Schema and TypeScript type. */
export interface CommandContract<Schema extends TSchema = TSchema> {
  readonly schema: Schema;
  readonly description: string;
}

export type CommandData<C> = C extends CommandContract<infer S> ? Static<S> : never;

export function command<S extends TObject>(schema: S, description: string): CommandContract<S> {
  return { schema, description };
}
