import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isLoopback, UsageError } from '../base/index.ts';
import type { Configuration, Mistake } from '../config/index.ts';
import { Router } from '../router/index.ts';
import { inspect } from './inspect.ts';
import { routerOptions } from './router-options.ts';

/** For what a site would not start, or not as a whole: what is wrong with its router and its processes. */
export function mistakesIn(configuration: Configuration): Mistake[] {
  return [...inspectRouter(configuration), ...inspect(configuration)];
}

/** For what the router of a configuration would not start, as far as that can be seen without listening. */
function inspectRouter({ router, directory, position }: Configuration): Mistake[] {
  const mistakes: Mistake[] = [];
  const add = (path: readonly PropertyKey[], message: string | undefined): void => {
    if (message !== undefined) mistakes.push({ ...position(['router', ...path]), message });
  };
  const { listen = [], files = {}, tls } = router;
  const isOpen = router.open === true;
  const admitsAnybody = router.realms.some((realm) => typeof realm === 'string' || !realm.auth || realm.auth.anonymous);
  for (const [index, url] of [listen].flat().entries()) {
    const path = Array.isArray(listen) ? ['listen', index] : ['listen'];
    const wrong = wrongAddress(url, tls !== undefined);
    add(path, wrong ?? (admitsAnybody && !isOpen ? reachable(url) : undefined));
  }
  for (const [path, place] of Object.entries(typeof files === 'string' ? { '': files } : files))
    add(path === '' ? ['files'] : ['files', path], wrongDirectory(place, directory));
  for (const [key, place] of Object.entries(tls ?? {})) add(['tls', key], missingFile(place, directory));
  try {
    const { realms = [], limits = {} } = routerOptions(router, directory, new Map());
    // It does nothing of its own, and looks at its options.
    void new Router({ realms, limits });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    add([], error.message);
  }
  return mistakes;
}

function wrongAddress(url: string, hasTls: boolean): string | undefined {
  const kind = /^(?:(wss?|tcp|tls):\/\/|(unix):.)/i.exec(url);
  if (!kind || (kind[1] && !URL.canParse(url)))
    return `expected an address such as ws://127.0.0.1:9000, tcp://127.0.0.1:9001 or unix:/run/rocade.sock, got '${url}'`;
  return /^(?:wss|tls)$/i.test(kind[1] ?? '') && !hasTls
    ? `'${url}' needs a key and a certificate (router.tls)`
    : undefined;
}

/** As the router says it when it is to listen there. */
function reachable(url: string): string | undefined {
  if (/^unix:/i.test(url) || isLoopback(new URL(url).hostname)) return undefined;
  return `others than this machine could reach '${url}', and a realm admits anybody; say so if that is what you want ("open": true)`;
}

function wrongDirectory(place: string, directory: string): string | undefined {
  const found = statSync(resolve(directory, place), { throwIfNoEntry: false });
  if (!found) return `there is no directory '${place}' to serve files from`;
  return found.isDirectory() ? undefined : `'${place}' is a file; expected a directory to serve files from`;
}

function missingFile(place: string, directory: string): string | undefined {
  return statSync(resolve(directory, place), { throwIfNoEntry: false }) ? undefined : `there is no file '${place}'`;
}
