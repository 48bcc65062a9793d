import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Bundles the page's TypeScript, with what it imports of rocade, beside its HTML and CSS. Returns the directory. */
export async function buildPage(): Promise<string> {
  const outdir = fileURLToPath(new URL('./dist', import.meta.url));
  await build({
    entryPoints: ['app.ts', 'index.html', 'style.css'].map((name) =>
      fileURLToPath(new URL(`./page/${name}`, import.meta.url)),
    ),
    loader: { '.html': 'copy', '.css': 'copy' },
    outdir,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    sourcemap: true,
    logLevel: 'error',
  });
  return outdir;
}

// By npm start; tests import it.
if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
