import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import type { MiddlewareHandler } from 'hono';
import { UsageError } from '../base/index.ts';

/**
 * Serves the files of a directory, or of several, each below a path; the longest path that fits is asked first. Names that start
 * with a dot are not served, as they are rarely meant to be. Browsers ask each time whether a file is still as it was.
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
  return async (context, next) => {
    const { method, url } = context.req;
    if (method !== 'GET' && method !== 'HEAD') return next();
    const { pathname, search } = new URL(url);
    const asDirectory = (): Response => context.redirect(`${pathname}/${search}`, 301);
    // What a page there names is below it.
    if (`${pathname}/` === below) return asDirectory();
    const name = pathname.startsWith(below) ? fileName(pathname.slice(below.length - 1)) : undefined;
    const file = name === undefined ? undefined : await lookUp(join(root, name));
    if (!file) return next();
    if (file.index && !pathname.endsWith('/')) return asDirectory();
    context.header('Cache-Control', 'no-cache');
    context.header('ETag', file.etag);
    if (context.req.header('If-None-Match')?.includes(file.etag)) return context.body(null, 304);
    return serveStatic({ path: file.path })(context, next);
  };
}

interface Found {
  readonly path: string;
  /** Is it the index of the directory that was asked for? */
  readonly index: boolean;
  /** Changes with the file. */
  readonly etag: string;
}

/** A file, or the index of a directory; undefined for what is neither, such as a device or a pipe. */
async function lookUp(path: string, index = false): Promise<Found | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() && !index) return lookUp(join(path, 'index.html'), true);
  if (!found?.isFile()) return undefined;
  return { path, index, etag: `W/"${found.size.toString(36)}-${Math.round(found.mtimeMs * 1000).toString(36)}"` };
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
  // An empty part in the middle would be lost on the way to a file, but not on the way back in a redirect.
  return harmless && !/\0|\\|\/\//.test(name) ? name : undefined;
}
