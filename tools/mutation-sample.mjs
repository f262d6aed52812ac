import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** Of how many functions one is mutated; 1 mutates all. */
const every = Number(process.env.MUTATION_SAMPLE ?? 1);
const functions = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'ClassPrivateMethod',
]);

/** The same functions at every run, as long as the text before them stays. */
function isTaken({ start }) {
  return (Math.imul(start, 2_654_435_761) >>> 16) % every === 0;
}

/** Takes a sample, so that an area whose tests need servers can be mutated in reasonable time. */
export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'sample', {
    shouldIgnore({ node, parentPath }) {
      const outermost = functions.has(node.type) && parentPath?.getFunctionParent() === null;
      return every > 1 && outermost && !isTaken(node) ? `only one function of ${every} is mutated` : undefined;
    },
  }),
];
