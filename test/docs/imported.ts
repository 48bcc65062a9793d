import { entries, specifier } from '../../entries.js';

/** How users write the package's entries: `rocade`, `rocade/router` … */
export const subpaths = entries.map(({ subpath }) => specifier(subpath));

/** What a user's `import 'rocade'` gives: the package as built, found through its own exports map. */
export async function imported(name: string): Promise<Record<string, unknown>> {
  return import(/* @vite-ignore */ subpaths.includes(name) ? import.meta.resolve(name) : name);
}
