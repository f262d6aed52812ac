import { consoleLink } from './client.js';
import type { OpsCommand } from './command.js';

export const openConsole: OpsCommand = {
  name: 'console',
  usage: '',
  summary: 'The URL of the console, which signs the browser in as operator',
  async run(_, { print }) {
    print(consoleLink());
    return 0;
  },
};
