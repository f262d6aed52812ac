import { operationsClient } from './ops/client.js';
import type { OpsCommand } from './ops/command.js';
import { opsCommands } from './ops/commands.js';
import { Problem } from './problem.js';
import { command } from './run.js';

const WIDTH = 28;

function listed(commands: readonly OpsCommand[]): string {
  return commands.map(({ name, summary }) => `  ${name.padEnd(WIDTH)} ${summary}`).join('\n');
}

function help(): string {
  return `npm run ops -- <command>\n\nWhat an operator looks at and does, through the operations service.\n\n${listed(opsCommands)}\n
  <command> --help             what a command takes

Environment:
  OPERATIONS_URL               where the operations service is (default: that of npm start)
  INSTALLATION_SECRET_FILE     the secret of the installation (default: that of npm start)
`;
}

/** The command of most words that the arguments begin with. */
function find(args: readonly string[]): OpsCommand | undefined {
  const fitting = opsCommands.filter(({ name }) => name.split(' ').every((word, index) => args[index] === word));
  return fitting.toSorted((a, b) => b.name.length - a.name.length)[0];
}

export const main = command(async (args, signal) => {
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  if (args.length === 0 || args[0] === '--help') {
    print(help());
    return 0;
  }
  const found = find(args);
  if (found === undefined) {
    const family = opsCommands.filter(({ name }) => name.startsWith(`${args[0]} `));
    if (family.length > 0 && args.slice(1).every((word) => word === '--help')) {
      print(listed(family));
      return args.length === 1 ? 1 : 0;
    }
    throw new Problem(`There is no command "${args.join(' ')}".\n\n${family.length > 0 ? listed(family) : help()}`);
  }
  const rest = args.slice(found.name.split(' ').length);
  if (rest.includes('--help')) {
    print(`npm run ops -- ${found.name} ${found.usage}\n\n${found.summary}`);
    return 0;
  }
  return found.run(rest, { client: () => operationsClient(signal), signal, print });
});

/** As a container's command: `node tools/dist/ops.js`. */
if (require.main === module) {
  void main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  });
}
