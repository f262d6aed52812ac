// Bundles the console into console/dist, after `tsc -b`: the map is laid out here, from the declarations.
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const { consoleMap } = createRequire(import.meta.url)('@quickstep/system/documents');

/** `import map from 'virtual:map'`: the services, their steps and what they send each other, with coordinates. */
const map = {
  name: 'map',
  setup(plugin) {
    plugin.onResolve({ filter: /^virtual:map$/ }, ({ path }) => ({ path, namespace: 'map' }));
    plugin.onLoad({ filter: /.*/, namespace: 'map' }, async () => ({
      contents: JSON.stringify(await consoleMap()),
      loader: 'json',
    }));
  },
};

mkdirSync(join(here, 'dist'), { recursive: true });
await build({
  entryPoints: { app: join(here, 'src', 'main.tsx'), style: join(here, 'src', 'style.css') },
  outdir: join(here, 'dist'),
  bundle: true,
  format: 'esm',
  target: 'es2023',
  minify: true,
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [map],
});
for (const file of ['index.html', 'icon.svg']) copyFileSync(join(here, 'src', file), join(here, 'dist', file));
