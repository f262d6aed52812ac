import { resolve } from 'node:path';

/** The checkout: this file is compiled to tools/dist, one level below tools like its source. */
export const root = resolve(__dirname, '..', '..');

/** Everything the tools write, ignored by git. */
export const stateDirectory = resolve(root, '.quickstep');
