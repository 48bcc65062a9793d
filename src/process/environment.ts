import type { ProcessConfig } from '../config/index.ts';

/** The environment of a process: what it may inherit, and what is its own. */
export function environmentOf({ inherit, vars }: ProcessConfig['env']): Record<string, string> {
  const own = globalThis.process.env;
  const names = inherit === true ? Object.keys(own) : inherit === false ? [] : inherit;
  const inherited = names.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  return Object.fromEntries([...inherited, ...Object.entries(vars)]);
}
