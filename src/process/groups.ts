import { UsageError } from '../base/index.ts';
import { nearest, type ProcessConfig } from '../config/index.ts';
import type { Instance } from './instance.ts';
import { isUp } from './order.ts';
import type { Part } from './part.ts';

/** A part with its processes, and what ends the watch over its files. */
export interface Group {
  readonly part: Part;
  /** As it was configured, to see what a reload changes. */
  readonly text: string;
  readonly config: ProcessConfig | undefined;
  readonly instances: Instance[];
  readonly unwatch: () => void;
}

/** The parts of a site, by their names. */
export class Groups extends Map<string, Group> {
  instances(): Instance[] {
    return [...this.values()].flatMap(({ instances }) => instances);
  }

  /** The processes of a part, or one by its own name, or all. Throws a `UsageError`, with what may be meant, when there is none. */
  find(name: string | undefined): Instance[] {
    const found = this.#named(name);
    if (name === undefined || found.length > 0) return [...found];
    const meant = nearest(name, [...this.keys(), ...this.instances().map(({ id }) => id)]);
    throw new UsageError(`there is no process '${name}'${meant === undefined ? '' : `; did you mean '${meant}'?`}`);
  }

  /** Is the process with this id one of those that are found by the name? */
  includes(name: string | undefined, id: string): boolean {
    return this.#named(name).some((instance) => instance.id === id);
  }

  #named(name: string | undefined): readonly Instance[] {
    const all = this.instances();
    if (name === undefined) return all;
    const named = this.get(name)?.instances ?? all.filter(({ id }) => id === name);
    // The first of several may have been the only one before.
    return named.length > 0 ? named : all.filter(({ id }) => `${id}.1` === name);
  }

  /** Those that a part comes after and that are not ready. */
  missing({ after }: Part): readonly string[] {
    return after.filter((name) => !isUp(this.get(name)?.instances));
  }
}
