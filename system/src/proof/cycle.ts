interface Edge {
  readonly to: number;
  label(): string;
}

export interface Cycle {
  readonly nodes: readonly number[];
  readonly labels: readonly string[];
}

/** What can be left behind one by one, because nothing that remains leads there, lies on no cycle. What remains has one. */
function remaining(graph: readonly (readonly Edge[])[]): Set<number> {
  const incoming = graph.map(() => 0);
  for (const { to } of graph.flat()) incoming[to] = (incoming[to] ?? 0) + 1;
  const left = new Set(graph.keys());
  const free = incoming.flatMap((count, node) => (count === 0 ? [node] : []));
  for (let node = free.pop(); node !== undefined; node = free.pop()) {
    left.delete(node);
    for (const { to } of graph[node] ?? []) {
      incoming[to] = (incoming[to] ?? 0) - 1;
      if (incoming[to] === 0) free.push(to);
    }
  }
  return left;
}

/** A cycle of a graph, undefined when it has none. */
export function findCycle(graph: readonly (readonly Edge[])[]): Cycle | undefined {
  const left = remaining(graph);
  if (left.size === 0) return undefined;
  // Nodes remain that only lead on from a cycle; going backwards never leaves what leads to them, and so meets one.
  const before = new Map<number, { readonly from: number; label(): string }>();
  for (const from of left) for (const { to, label } of graph[from] ?? []) if (left.has(to)) before.set(to, { from, label });
  const seen: number[] = [];
  let node = [...left][0] ?? 0;
  while (!seen.includes(node)) {
    seen.push(node);
    node = before.get(node)?.from ?? node;
  }
  const nodes = seen.slice(seen.indexOf(node)).reverse();
  const labels = nodes.map((each, index) => before.get(nodes[(index + 1) % nodes.length] ?? each)?.label() ?? '');
  return { nodes, labels };
}
