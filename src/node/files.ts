import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import type { MiddlewareHandler } from 'hono';
import { UsageError } from '../base/index.ts';

/** Serves the files below a directory. Names that start with a dot are not served, as they are rarely meant to be. */
export async function serveFiles(directory: string): Promise<MiddlewareHandler> {
  const root = resolve(directory);
  const found = await stat(root).catch(() => undefined);
  if (!found) throw new UsageError(`there is no directory '${directory}' to serve files from`);
  if (!found.isDirectory()) throw new UsageError(`'${directory}' is a file; expected a directory to serve files from`);
  return (context, next) => {
    const name = fileName(new URL(context.req.url).pathname);
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
