import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Found } from './executable.ts';

const ENDINGS = ['', '.js', '.mjs', '.ts', '.mts'];
const TYPESCRIPT = /\.[cm]?tsx?$/;

/** Where a module is: a path relative to `directory`, with or without its ending, or the name of a package there. */
export function findModule(name: string, directory: string): Found {
  for (const ending of ENDINGS) {
    const path = resolve(directory, name + ending);
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return { path };
  }
  if (!/^[./]/.test(name)) {
    try {
      return { path: requireFrom(directory).resolve(name) };
    } catch {
      // Said below.
    }
  }
  return { problem: `there is no module '${name}' in ${directory}` };
}

/**
 * What Node has to be told so that it can load these modules, TypeScript among them: nothing where it can by itself, else
 * to use tsx as it is installed beside them.
 */
export function loaderFor(
  paths: readonly string[],
  directory: string,
): { readonly args: readonly string[] } | Exclude<Found, { readonly path: string }> {
  const typescript = paths.find((path) => TYPESCRIPT.test(path));
  if (typescript === undefined || readsTypeScript()) return { args: [] };
  try {
    return { args: ['--import', pathToFileURL(requireFrom(directory).resolve('tsx')).href] };
  } catch {
    return {
      problem: `'${typescript}' is TypeScript, which Node ${process.versions.node} cannot read by itself: install tsx (npm install --save-dev tsx)`,
    };
  }
}

function requireFrom(directory: string): NodeJS.Require {
  return createRequire(join(directory, 'rocade.json'));
}

function readsTypeScript(): boolean {
  return Boolean((process.features as { readonly typescript?: unknown }).typescript);
}
