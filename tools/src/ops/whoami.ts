import type { OpsCommand } from './command.js';

interface Me {
  readonly role: string;
  readonly name: string;
}

export const whoami: OpsCommand = {
  name: 'whoami',
  summary: 'as whom the commands act',
  usage: '',
  async run(_args, { client, print }) {
    const { role, name } = await client().json<Me>('GET', '/me');
    print(`${name}, ${role}`);
    return 0;
  },
};
