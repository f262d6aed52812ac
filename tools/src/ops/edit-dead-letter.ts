import { readFileSync } from 'node:fs';
import { oneWord, readArguments } from '../arguments.js';
import { Problem, reasonOf } from '../problem.js';
import type { OpsCommand } from './command.js';

interface Whole {
  readonly edit: {
    readonly differences: readonly { readonly pointer: string; readonly before?: unknown; readonly after?: unknown }[];
  } | null;
}

function eventIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Problem(`${file} cannot be read as JSON: ${reasonOf(error)}`);
  }
}

const shown = (value: unknown) => (value === undefined ? '(nothing)' : JSON.stringify(value));

export const editDeadLetter: OpsCommand = {
  name: 'dead-letters edit',
  summary: 'changes what will be sent in place of a dead letter; shows what differs',
  usage: '<id> --file EVENT.json [--reason TEXT] | <id> --undo',
  async run(args, { client, print }) {
    const { values, positionals } = readArguments(
      args,
      {
        file: { type: 'string' },
        reason: { type: 'string' },
        undo: { type: 'boolean', default: false },
      },
      'words',
    );
    const path = `/dead-letters/edits/${encodeURIComponent(oneWord(positionals, 'dead letter'))}`;
    if (values.undo) {
      await client().json('DELETE', path);
      print('It is as it was parked.');
      return 0;
    }
    if (values.file === undefined) throw new Problem('Name the file with the event: --file EVENT.json.');
    const body = { event: eventIn(values.file), ...(values.reason === undefined ? {} : { reason: values.reason }) };
    const { edit } = await client().json<Whole>('PUT', path, body);
    for (const { pointer, before, after } of edit?.differences ?? []) print(`${pointer}: ${shown(before)} -> ${shown(after)}`);
    return 0;
  },
};
