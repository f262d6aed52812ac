import { existsSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { deadLettersAgain } from '../tools/src/provision/rabbitmq-installed.js';
import { nodeArguments, services } from '../tools/src/services.js';

/** What is read here; https://github.com/compose-spec/compose-spec has the rest. */
interface Container {
  image: string;
  build?: string;
  environment: Record<string, string | number>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  read_only?: boolean;
  profiles?: string[];
  networks: string[];
  env_file?: { path: string; required: boolean }[];
}

const root = join(__dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const lines = (file: string) => read(file).trim().split('\n');

const dockerfile = lines('Dockerfile');
interface Composed {
  services: Record<string, Container>;
  volumes: Record<string, null>;
  networks: Record<string, null>;
}
const compose: Composed = parse(read('docker-compose.yml'), { merge: true });
const containers = Object.entries(compose.services);
const lasting = containers.filter(([name]) => !['installation', 'topology', 'seed'].includes(name));
const built = containers.filter(([, { image }]) => image === 'quickstep');
const pulled = containers.filter(([, { image }]) => image !== 'quickstep');

test.each(services)('$name runs as the launcher runs it', ({ name, standardPort, database }) => {
  expect(compose.services[name]).toMatchObject({
    command: [`${name}/dist/main.js`],
    environment: {
      HOST: '0.0.0.0',
      PORT: standardPort,
      POSTGRES_URL: `postgres://${name}@postgres:5432/${database}`,
      RABBITMQ_URL: `amqp://${name}@rabbitmq:5672/quickstep`,
    },
    ports: [`127.0.0.1:${standardPort}:${standardPort}`],
    depends_on: {
      installation: { condition: 'service_completed_successfully' },
      postgres: { condition: 'service_healthy' },
      rabbitmq: { condition: 'service_healthy' },
    },
  });
});

test('the image and docs/production.md have the arguments of Node.js that the launcher has', () => {
  expect(dockerfile).toContain(`ENTRYPOINT ${JSON.stringify(['node', ...nodeArguments]).replaceAll(',', ', ')}`);
  expect(read('docs/production.md')).toContain(`exec node ${nodeArguments.join(' ')} `);
});

test('the broker sends dead letters again as soon as that of the launcher does', () => {
  expect(compose.services.rabbitmq?.environment).toMatchObject({ RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: deadLettersAgain });
});

test.each(built)('%s takes the settings of a file that need not be there, and that git does not keep', (_name, container) => {
  expect(container.env_file).toEqual([{ path: 'settings.env', required: false }]);
  expect(lines('.gitignore')).toContain('settings.env');
});

test('containers share a network with those that they name, and what watches has none with the database', () => {
  const networksOf = (name: string) => compose.services[name]?.networks ?? [];
  const share = (one: string, other: string) => networksOf(one).some((each) => networksOf(other).includes(each));
  const shown = (container: Container) => JSON.stringify([container.environment, container.volumes]);
  for (const [name, container] of containers) {
    expect(Object.keys(compose.networks)).toEqual(expect.arrayContaining(container.networks));
    const named = containers.filter(([other]) => new RegExp(`[/@]${other}:\\d`).test(shown(container)));
    expect([name, named.filter(([other]) => !share(name, other)).map(([other]) => other)]).toEqual([name, []]);
    if (container.profiles !== undefined) expect([name, share(name, 'postgres')]).toEqual([name, false]);
  }
  const targets: string[] = parse(read('observability/prometheus/prometheus.yml')).scrape_configs.flatMap(
    ({ static_configs }: { static_configs: { targets: string[] }[] }) => static_configs.flatMap((each) => each.targets),
  );
  for (const target of targets) expect([target, share('prometheus', target.replace(/:\d+$/, ''))]).toEqual([target, true]);
  for (const source of ['prometheus', 'jaeger']) expect(share('grafana', source)).toBe(true);
  for (const { name } of services) expect([name, share(name, 'jaeger')]).toEqual([name, true]);
});

test('the seed comes after all services', () => {
  const all = services.map(({ name }) => [name, { condition: 'service_healthy' }]);
  expect(compose.services.seed?.depends_on).toEqual(Object.fromEntries(all));
});

describe.each(containers)('%s', (_name, container) => {
  test('may take a bounded share of the machine', () => {
    const limits = { cpus: expect.stringMatching(/^\d/), memory: expect.stringMatching(/^\d+[MG]$/), pids: expect.any(Number) };
    expect(container).toMatchObject({ deploy: { resources: { limits } } });
  });

  test('has no rights that it does not need', () => {
    expect(container).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
  });

  test('is reached from this machine only', () => {
    for (const port of container.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  test('gets its passwords from outside, and says so when they are missing', () => {
    for (const [name, value] of Object.entries(container.environment)) {
      const [, secret] = /:\/\/[^/]*?:(.*)@/.exec(`${value}`) ?? (/PASS(WORD)?$/.test(name) ? [value, `${value}`] : []);
      if (secret !== undefined) expect(secret).toMatch(/^\$\{[A-Z]+_PASSWORD:\?[^}]+\}$/);
    }
  });

  test('mounts named volumes, and files that exist', () => {
    for (const volume of container.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('./')) expect([source, existsSync(join(root, source))]).toEqual([source, true]);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });
});

test.each(lasting)('%s is watched, restarted, and given time to stop', (_name, container) => {
  expect(container).toMatchObject({
    healthcheck: { test: expect.arrayContaining(['CMD']), interval: '5s', timeout: '5s', retries: 5, start_period: '60s' },
    restart: 'unless-stopped',
    stop_grace_period: expect.stringMatching(/^\d+s$/),
  });
});

test('queues and bindings that somebody deletes are brought back', () => {
  const { installation, topology } = compose.services;
  expect(topology).toMatchObject({ command: ['tools/dist/setup.js', '--watch'], restart: 'unless-stopped' });
  expect(topology).toMatchObject({ environment: installation?.environment, volumes: installation?.volumes });
});

test('the database does not wait for its clients when it stops', () => {
  expect(compose.services.postgres).toMatchObject({ stop_signal: 'SIGINT' });
});

test.each(built)('%s writes nothing into its container, and hears signals', (_name, container) => {
  expect(container).toMatchObject({ pull_policy: 'never', init: true, read_only: true });
});

test('the image is built once, by what all others wait for', () => {
  expect(containers.filter(([, { build }]) => build !== undefined)).toEqual([['installation', compose.services.installation]]);
  expect(compose.services.installation).toMatchObject({ image: 'quickstep', build: '.' });
});

test.each(pulled)('%s keeps to one major version', (_name, { image }) => {
  expect(image).toMatch(/^([a-z]+\/)?[a-z-]+:v?\d+(\.\d+\.\d+)?(-[a-z]+)?$/);
});

test('what watches the system starts only when it is asked for', () => {
  const watching = containers.filter(([, { profiles }]) => profiles !== undefined);
  expect(watching.map(([name, { profiles }]) => [name, profiles])).toEqual(
    ['prometheus', 'grafana', 'jaeger'].map((name) => [name, ['observability']]),
  );
  for (const [name, { depends_on: needed = {} }] of containers)
    for (const [watcher] of watching) expect([name, Object.keys(needed)]).not.toEqual([name, expect.arrayContaining([watcher])]);
});

test('the services only read the secret of the installation, and each the passwords of its own accounts', () => {
  const file = '/var/lib/quickstep/installation-secret';
  const accounts = '/var/lib/quickstep-accounts';
  const account = '/var/lib/quickstep-account';
  const volumeOf = (name: string) => `${name.replace(/-service$/, '')}-account`;
  for (const { name } of services) {
    expect(compose.services[name]).toMatchObject({
      environment: {
        INSTALLATION_SECRET_FILE: file,
        RABBITMQ_PASSWORD_FILE: `${account}/rabbitmq-password`,
        POSTGRES_PASSWORD_FILE: `${account}/postgres-password`,
      },
      volumes: ['installation:/var/lib/quickstep:ro', `${volumeOf(name)}:${account}:ro`],
    });
  }
  expect(compose.services.installation).toMatchObject({
    environment: { INSTALLATION_SECRET_FILE: file, ACCOUNTS_FOLDER: accounts },
    volumes: ['installation:/var/lib/quickstep', ...services.map(({ name }) => `${volumeOf(name)}:${accounts}/${name}`)],
  });
});

test('only the servers and what sets them up have the two passwords', () => {
  const holders = containers.filter(([, { environment }]) => JSON.stringify(environment).includes('_PASSWORD:?'));
  expect(holders.map(([name]) => name).sort()).toEqual(['installation', 'postgres', 'rabbitmq', 'topology']);
});

describe('the image', () => {
  const { workspaces }: { workspaces: string[] } = JSON.parse(read('package.json'));
  const words = (line: RegExp) => line.exec(read('Dockerfile'))?.[1]?.split(' ') ?? [];
  const holds = (globs: string[], name: string) => globs.some((glob) => matchesGlob(name, glob));

  test.each(workspaces)('has %s: its manifest, what is compiled of it, and its packages if it is needed there', (name) => {
    expect(dockerfile).toContain(`COPY ${name}/package.json ${name}/`);
    expect(holds(words(/for package in ([^;]+);/), name)).toBe(true);
    expect(holds(words(/printf ' --workspace=%s' ([^)]+)\)/), name)).toBe(!['console', 'tools'].includes(name));
  });

  test('installs what the lockfile says, or nothing, without scripts of packages', () => {
    expect(dockerfile.filter((line) => /npm (ci|install|i)\b/.test(line))).toEqual([
      expect.stringMatching(/^RUN .* npm ci$/),
      expect.stringMatching(/^RUN .* npm ci --omit=dev [^|;&]*$/),
    ]);
    expect(dockerfile).toContain('COPY package.json package-lock.json .npmrc ./');
    expect(lines('.npmrc')).toContain('ignore-scripts=true');
  });

  test('is built on a long-term version of Node.js, which are the even ones', () => {
    const [, major] = /^ARG NODE_IMAGE=node:(\d+)-[a-z-]+$/m.exec(dockerfile.join('\n')) ?? [];
    expect(Number(major) % 2).toBe(0);
  });

  test.each(workspaces)('is built with the sources of %s', (workspace) => {
    const [, ...rules] = lines('.dockerignore').filter((line) => !line.startsWith('#'));
    const admitted = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
    expect(admitted.some((pattern) => matchesGlob(workspace, pattern))).toBe(true);
  });

  test('runs as an ordinary user, for production', () => {
    const lastStage = dockerfile.slice(dockerfile.findLastIndex((line) => line.startsWith('FROM'))).join('\n');
    expect(lastStage).toMatch(/^ENV .*NODE_ENV=production/m);
    expect(lastStage).toMatch(/^USER node$/m);
  });
});

test('the file with the passwords gets neither into git nor into an image', () => {
  expect(lines('.gitignore')).toContain('.env');
  const [first, ...others] = lines('.dockerignore').filter((line) => !line.startsWith('#'));
  expect(first).toBe('*');
  expect(others).toContain('**/.env*');
});
