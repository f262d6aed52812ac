import type { Role } from '@quickstep/operations-service/access';
import { readArguments } from '../arguments.js';
import { consoleUrl } from '../console-url.js';
import { Problem } from '../problem.js';
import type { OpsCommand } from './command.js';
import { installationSecret } from './secret.js';

const roles: readonly Role[] = ['operator', 'reader'];

export const consoleCommand: OpsCommand = {
  name: 'console',
  summary: 'prints the link that signs a browser in to the console',
  usage: `[--role operator|reader]

  --role       a reader sees everything and can do nothing (default: operator)

Whoever has the link has the role.`,
  async run(args, { client, print }) {
    const { values } = readArguments(args, { role: { type: 'string', default: 'operator' } });
    const role = roles.find((each) => each === values.role);
    if (role === undefined) throw new Problem(`--role must be one of ${roles.join(', ')}`);
    const operations = client();
    // A link that leads nowhere, or in with the secret of another installation, is told now.
    await operations.json('GET', '/me');
    print(consoleUrl(operations.url, installationSecret(), role));
    return 0;
  },
};
