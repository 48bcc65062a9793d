import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** What the manager runs of its own, each in a process of its own. */
export type Program = 'router' | 'watchdog' | 'worker';

/** What Node has to be told to run one: as it was built, or from its source when this runs from there. */
export function programArgs(program: Program): readonly string[] {
  const here = fileURLToPath(import.meta.url);
  const root = packageRoot(dirname(here));
  if (!here.endsWith('.ts')) return [join(root, `dist/process/${program}-main.js`)];
  const loader = pathToFileURL(createRequire(here).resolve('tsx')).href;
  return ['--import', loader, join(root, `src/process/${program}-main.ts`)];
}

function packageRoot(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : packageRoot(dirname(directory));
}
