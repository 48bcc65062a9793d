import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import type { MiddlewareHandler } from 'hono';
import { UsageError } from '../base/index.ts';

/**
 * Serves the files of a directory, or of several, each below a path; the longest path that fits is asked first. Names that start
 * with a dot are not served, as they are rarely meant to be.
 */
export function serveFiles(files: string | Readonly<Record<string, string>> = {}): Promise<MiddlewareHandler[]> {
  const places = Object.entries(typeof files === 'string' ? { '/': files } : files);
  const longestFirst = places.sort(([one], [other]) => other.length - one.length);
  return Promise.all(longestFirst.map(([path, directory]) => serveAt(path, directory)));
}

async function serveAt(path: string, directory: string): Promise<MiddlewareHandler> {
  if (!path.startsWith('/'))
    throw new UsageError(`expected a path such as '/assets' for '${directory}', got '${path}'`);
  const below = path.endsWith('/') ? path : `${path}/`;
  const root = resolve(directory);
  const found = await stat(root).catch(() => undefined);
  if (!found) throw new UsageError(`there is no directory '${directory}' to serve files from`);
  if (!found.isDirectory()) throw new UsageError(`'${directory}' is a file; expected a directory to serve files from`);
  return (context, next) => {
    const { pathname, search } = new URL(context.req.url);
    // What a page there names is below it.
    if (`${pathname}/` === below) return Promise.resolve(context.redirect(`${below}${search}`, 301));
    const name = pathname.startsWith(below) ? fileName(pathname.slice(below.length - 1)) : undefined;
    return name === undefined ? next() : serveStatic({ path: join(root, name) })(context, next);
  };
}

/** The file that a path of a URL stands for, relative to the root; undefined for what must not be looked up. */
function fileName(path: string): string | undefined {
  let name: string;
  try {
    name = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  const parts = name.split('/');
  const harmless = parts.every((part) => !part.startsWith('.') || part === '.well-known');
  return harmless && !name.includes('\0') && !name.includes('\\') ? name : undefined;
}
