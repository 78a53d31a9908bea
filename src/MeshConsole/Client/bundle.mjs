// Bundles the client. `node bundle.mjs <folder>` writes what the console serves under /client;
// `node bundle.mjs --tests` writes the tests as plain modules for Node's own test runner.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const artifacts = resolve(here, '../../../artifacts');
const common = { absWorkingDir: here, bundle: true, target: 'es2022', logLevel: 'warning' };

if (process.argv.includes('--tests')) {
  const tests = readdirSync(join(here, 'tests')).filter(name => name.endsWith('.test.ts'));
  await build({
    ...common,
    entryPoints: tests.map(name => join('tests', name)),
    outdir: join(artifacts, 'client-tests'),
    format: 'esm',
    platform: 'node',
    outExtension: { '.js': '.js' },
  });
} else {
  const outdir = resolve(process.argv[2] ?? join(artifacts, 'client/client'));
  const served = { ...common, outdir, minify: true, legalComments: 'eof', platform: 'browser' };
  await Promise.all([
    build({ ...served, entryPoints: ['src/console.ts', 'src/topology.ts', 'src/time.ts'], format: 'esm' }),
    // Classic scripts: the theme must be applied before the first paint, and workers are started by their addresses.
    build({ ...served, entryPoints: ['src/theme.ts', 'src/elk-worker.ts', 'src/lines-worker.ts'], format: 'iife' }),
  ]);
}
