// Builds the page, and starts a router that serves it and a service that answers.
import { build } from 'esbuild';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { connect } from 'rocade';
import { startRouter } from 'rocade/node';

const files = fileURLToPath(new URL('./dist', import.meta.url));
await mkdir(files, { recursive: true });
await build({
  entryPoints: [fileURLToPath(new URL('./app.tsx', import.meta.url))],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  outfile: `${files}/app.js`,
  logLevel: 'error',
});
await writeFile(
  `${files}/index.html`,
  '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>React</title><script type="module" src="app.js"></script>',
);

const router = await startRouter({ listen: process.argv[2] ?? 'ws://127.0.0.1:9000', files });
const service = await connect(router.url);
await service.register('math.add', ([a, b]) => a + b);
console.log(`The page is at ${router.url.replace('ws', 'http')}`);
process.once('SIGINT', () => void service.close().then(() => router.close()));
