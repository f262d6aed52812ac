import { fault } from '../fault.js';
import type { Cluster, World } from '../world.js';

const clusterOf = ({ cluster }: World): Cluster => {
  if (cluster === undefined) throw new Error('The broker is no cluster');
  return cluster;
};

/** The node that leads most of the services' queues. */
function busiest(leaders: Readonly<Record<string, string>>, nodes: readonly string[]): string {
  const led = (node: string) => Object.values(leaders).filter((each) => each === node).length;
  const [first = ''] = [...nodes].sort((a, b) => led(b) - led(a));
  return first;
}

async function kill(world: World, choose: (leaders: Readonly<Record<string, string>>, nodes: readonly string[]) => string) {
  const cluster = clusterOf(world);
  const before = await cluster.leaders();
  const node = choose(before, cluster.running());
  await cluster.kill(node);
  return { node, before };
}

async function moved(world: World, { node, before }: { node: string; before: Readonly<Record<string, string>> }) {
  const cluster = clusterOf(world);
  const now = await cluster.leaders();
  const queues = Object.keys(before).filter((queue) => before[queue] === node);
  const away = queues.filter((queue) => now[queue] !== undefined && now[queue] !== node);
  if (!cluster.running().includes(node)) return undefined;
  return `${node} died and joined again; of its ${queues.length} queues ${away.length} have another leader`;
}

export const clusterFaults = [
  fault({
    name: 'cluster-leader-killed',
    what: 'kill -9 of the node of the cluster that leads most queues; it comes back after a while',
    target: 'all',
    lasts: [4_000, 8_000],
    needs: ['cluster'],
    survivable: true,
    inject: (world) => kill(world, busiest),
    heal: (world, _target, { node }) => clusterOf(world).start(node),
    bit: (world, _target, state) => moved(world, state),
  }),
  fault({
    name: 'cluster-node-killed',
    what: 'kill -9 of a node of the cluster, any; it comes back after a while',
    target: 'all',
    lasts: [4_000, 8_000],
    needs: ['cluster'],
    survivable: true,
    inject: (world) => kill(world, (_leaders, nodes) => world.random.one(nodes)),
    heal: (world, _target, { node }) => clusterOf(world).start(node),
    bit: (world, _target, state) => moved(world, state),
  }),
];
