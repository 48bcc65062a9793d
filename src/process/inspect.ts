import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Configuration, type Mistake, type ProcessConfig } from '../config/index.ts';
import { environmentOf } from './environment.ts';
import { type Found, findExecutable } from './executable.ts';
import { findModule, loaderFor } from './modules.ts';

/** What it takes to start a process, once it has been found. */
export interface Program {
  readonly executable: string;
  /** For Node or the executable, before what is configured. */
  readonly args: readonly string[];
  /** Of a worker. */
  readonly modules: readonly string[];
}

/** The program of a process, or what is missing and under which key. */
export function programOf(
  process: ProcessConfig,
  directory: string,
): Program | { readonly problem: string; readonly key: string } {
  const workdir = resolve(directory, process.workdir ?? '.');
  if (!statSync(workdir, { throwIfNoEntry: false })?.isDirectory())
    return { problem: `there is no directory '${process.workdir}'`, key: 'workdir' };
  if (process.type === 'guest') {
    const { PATH } = environmentOf(process.env);
    const found = findExecutable(process.executable, workdir, PATH);
    return 'problem' in found ? { ...found, key: 'executable' } : { executable: found.path, args: [], modules: [] };
  }
  const modules: string[] = [];
  for (const name of [process.modules].flat()) {
    const found: Found = findModule(name, directory);
    if ('problem' in found) return { ...found, key: 'modules' };
    modules.push(found.path);
  }
  const loader = loaderFor(modules, dirname(modules[0] as string));
  if ('problem' in loader) return { ...loader, key: 'modules' };
  return { executable: globalThis.process.execPath, args: loader.args, modules };
}

/** What of a configuration would fail at the start, as far as that can be seen before. */
export function inspect({ processes, directory, position }: Configuration): Mistake[] {
  const mistakes: Mistake[] = [];
  for (const [index, process] of processes.entries()) {
    const add = (key: string, message: string): void => {
      mistakes.push({ ...position(['processes', index, key]), message });
    };
    const missing = Array.isArray(process.watch)
      ? process.watch.filter((path) => !existsSync(resolve(directory, path)))
      : [];
    for (const path of missing) add('watch', `there is no '${path}' to watch`);
    const program = programOf(process, directory);
    if ('problem' in program && !process.optional) add(program.key, program.problem);
  }
  return mistakes;
}
