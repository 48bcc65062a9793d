import { resolve } from 'node:path';
import { Emitter } from '../base/index.ts';
import type { Configuration, ProcessConfig } from '../config/index.ts';
import type { Answers } from './answers.ts';
import { type Group, Groups } from './groups.ts';
import { idsOf } from './ids.ts';
import { causeOf, Instance, type ProcessInfo, type Surroundings } from './instance.ts';
import { LineBuffer, type LogLine } from './line-buffer.ts';
import { inOrder, isDown, isSettled, isUp, until } from './order.ts';
import type { Part } from './part.ts';
import { textOf } from './text-of.ts';
import { watchFiles } from './watch.ts';

export interface FleetOptions {
  readonly around: Omit<Surroundings, 'gate' | 'missing'>;
  readonly answers: Answers;
  readonly partOf: (config: ProcessConfig) => Part;
  /** Where relative paths start, and how many lines of each process are kept. */
  readonly configuration: () => Pick<Configuration, 'directory' | 'log'>;
}

/** A part that goes on as it was, since a process of what was to take its place did not come up. */
export interface Unchanged {
  readonly name: string;
  /** That process, and why. */
  readonly because: ProcessInfo;
}

/** How long a worker may take to share what it has registered; one that is at work all the time never does. */
const SHARE_TIMEOUT_MS = 5000;

/** The processes of all parts: starts and stops them, and exchanges them one after the other where a part has several. */
export class Fleet {
  readonly events = new Emitter<{ state: [info: ProcessInfo] }>(() => {});
  /** What they print, line by line. */
  readonly lines = new Emitter<{ line: [line: LogLine] }>(() => {});
  readonly groups = new Groups();
  readonly #options: FleetOptions;
  readonly #around: Surroundings;
  readonly #buffers = new Map<string, LineBuffer>();
  /** Workers whose procedures several processes answer. */
  readonly #shared = new Set<string>();
  #stopping = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    const missing = (part: Part): readonly string[] => this.groups.missing(part);
    this.#around = {
      ...options.around,
      missing,
      gate: (part, signal) => until(this.events, () => missing(part).length === 0, signal),
    };
  }

  isShared(name: string): boolean {
    return this.#shared.has(name);
  }

  /** So many lines of each process are kept from now on. */
  keepLines(count: number): void {
    for (const buffer of this.#buffers.values()) buffer.resize(count);
  }

  add(part: Part, text: string, config?: ProcessConfig): readonly Instance[] {
    if (config && config.instances > 1) this.#shared.add(part.name);
    else this.#shared.delete(part.name);
    const instances = idsOf(part.name, config?.instances ?? 1).map((id) => this.#make(part, id));
    this.groups.set(part.name, { part, text, config, instances, unwatch: this.#watch(part.name, config) });
    return instances;
  }

  addProcess(config: ProcessConfig): readonly Instance[] {
    return this.add(this.#options.partOf(config), textOf(config), config);
  }

  /** Starts them, unless everything is being stopped: what was asked for before must not outlive that. */
  begin(instances: readonly Instance[]): void {
    if (!this.#stopping) for (const instance of instances) instance.start();
  }

  /** Stops these one after the other, and starts each again. After one that does not come up the others are left as they are. */
  restart(instances: readonly Instance[], signal?: AbortSignal): Promise<readonly Instance[]> {
    const steps = instances.map((instance) => async () => {
      await this.again(instance);
      return instance;
    });
    return this.#roll(steps, { goesOn: (instance) => isUp([instance]), ...(signal && { signal }) });
  }

  /** Stops it, and starts it again unless somebody has stopped it meanwhile. */
  async again(instance: Instance): Promise<void> {
    if (await instance.pause()) this.begin([instance]);
  }

  /** Resolves with what has become of these, once they are ready, or are not going to be. */
  async settled(instances: readonly Instance[], signal?: AbortSignal): Promise<ProcessInfo[]> {
    const instancesOf = (name: string): readonly Instance[] | undefined => this.groups.get(name)?.instances;
    await until(this.events, () => instances.every((instance) => isSettled(instance, instancesOf)), signal);
    return instances.map((instance) => instance.info());
  }

  /** Goes over to these, each once those are done that it comes after. Resolves with those that go on as they were. */
  async replace(configs: readonly ProcessConfig[]): Promise<readonly Unchanged[]> {
    const unchanged: Unchanged[] = [];
    await inOrder(
      configs,
      ({ after }) => configs.filter(({ name }) => after.includes(name)),
      async (config) => {
        const because = await this.#replace(config);
        if (because) unchanged.push({ name: config.name, because });
      },
    );
    return unchanged;
  }

  /** Stops the processes of a part for good, with what they have printed. */
  async forget(name: string): Promise<void> {
    const ids = this.groups.get(name)?.instances.map(({ id }) => id) ?? [];
    await this.remove(name);
    for (const id of ids) this.#buffers.delete(id);
  }

  async remove(name: string): Promise<void> {
    const group = this.groups.get(name);
    group?.unwatch();
    await Promise.all(group?.instances.map((instance) => instance.retire()) ?? []);
    this.groups.delete(name);
  }

  /** Stops all parts, each once those that come after it have stopped. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const parts = [...this.groups.values()].map(({ part }) => part);
    const dependants = ({ name }: Part): readonly Part[] => parts.filter(({ after }) => after.includes(name));
    await inOrder(parts, dependants, async ({ name }) => {
      const group = this.groups.get(name);
      group?.unwatch();
      await Promise.all(group?.instances.map((instance) => instance.stop()) ?? []);
    });
  }

  async #replace(config: ProcessConfig): Promise<ProcessInfo | undefined> {
    const { name, instances: count } = config;
    const group = this.groups.get(name);
    const same = (one: ProcessConfig): string => textOf({ ...one, instances: 0 });
    if (group?.config && same(group.config) === same(config)) {
      await this.#resize(group, config);
      return undefined;
    }
    const before = group?.instances ?? [];
    if (group && Math.max(before.length, count) > 1 && before.some(({ state }) => state === 'ready'))
      return this.#exchange(group, config);
    await this.remove(name);
    const instances = this.addProcess(config);
    // What somebody has stopped stays so.
    if (before.length === 0 || before.some(({ isWanted }) => isWanted)) this.begin(instances);
    return undefined;
  }

  /** Only the number of processes differs: the others go on. */
  async #resize(group: Group, config: ProcessConfig): Promise<void> {
    const { name, instances: count } = config;
    if (count > 1) await this.#share(group);
    const kept = group.instances.slice(0, count);
    await Promise.all(group.instances.slice(count).map((instance) => instance.retire()));
    const added = idsOf(name, count)
      .slice(kept.length)
      .map((id) => this.#make(group.part, id));
    this.groups.set(name, { ...group, config, text: textOf(config), instances: [...kept, ...added] });
    this.begin(added);
  }

  /**
   * Puts other processes in the place of those of a part, one after the other, so that it goes on all the while. When one
   * does not come up, those before are put back; resolves with what has become of that one.
   */
  async #exchange(group: Group, config: ProcessConfig): Promise<ProcessInfo | undefined> {
    const { name, instances: count } = config;
    await this.#share(group);
    group.unwatch();
    const part = this.#options.partOf(config);
    const before = [...group.instances];
    const present = [...before];
    const set = (as: Omit<Group, 'instances' | 'unwatch'>): void =>
      void this.groups.set(name, { ...as, instances: present, unwatch: this.#watch(name, as.config) });
    set({ part, text: textOf(config), config });

    const put = async (at: number, next: Instance): Promise<Instance | undefined> => {
      const last = present[at];
      await last?.retire();
      present[at] = next;
      // What somebody has stopped, be it just now, stays so.
      if (last && !last.isWanted) return undefined;
      this.begin([next]);
      return next;
    };
    const ids = idsOf(name, count);
    const places = [...ids.keys()];
    // Those that take nobody's place come first: should they fail, nothing was away.
    const order = [...places.slice(before.length), ...places.slice(0, before.length)];
    const begun = await this.#roll(
      order.map((at) => () => put(at, this.#make(part, ids[at] as string))),
      { goesOn: (instance) => !isDown(instance) },
    );
    const failed = begun.find(isDown);
    if (!failed || this.#stopping) {
      await Promise.all(present.splice(count).map((instance) => instance.retire()));
      return undefined;
    }
    const because = failed.info();
    const others = order.filter((at) => present[at] !== before[at]).reverse();
    const back = others.map((at) => async () => {
      const was = before[at];
      if (was) return put(at, this.#make(was.part, was.id));
      await Promise.all(present.splice(at).map((instance) => instance.retire()));
      return undefined;
    });
    const again = await this.#roll(back, { goesOn: (instance) => isUp([instance]) });
    this.groups.get(name)?.unwatch();
    // With processes of both kinds it is like neither, and a reload of either starts it anew.
    set({ ...group, ...(!isUp(again) && { text: '' }) });
    return { ...because, ...causeOf(because) };
  }

  /** Takes one step after the other, each once what the one before has started is settled, and only if that lets it go on. */
  async #roll(
    steps: readonly (() => Promise<Instance | undefined>)[],
    { goesOn, signal }: { readonly goesOn: (instance: Instance) => boolean; readonly signal?: AbortSignal },
  ): Promise<Instance[]> {
    const begun: Instance[] = [];
    for (const step of steps) {
      const instance = await step();
      if (instance === undefined) continue;
      begun.push(instance);
      await this.settled([instance], signal);
      if (signal?.aborted || !goesOn(instance)) break;
    }
    return begun;
  }

  /** Has the processes that answer alone share their procedures with those that are to come. */
  async #share({ part, instances }: Group): Promise<void> {
    if (part.type !== 'worker' || this.#shared.has(part.name)) return;
    this.#shared.add(part.name);
    const asked = instances.filter(({ state }) => state === 'starting' || state === 'ready');
    await Promise.all(
      asked.map((instance) =>
        this.#options.answers.ask(
          instance,
          { type: 'share' },
          { key: `share ${instance.id}`, timeoutMs: SHARE_TIMEOUT_MS },
        ),
      ),
    );
  }

  /** Starts a part anew when one of its files changes, once more when that happens while it is at it. */
  #watch(name: string, config: ProcessConfig | undefined): () => void {
    const watched = config?.watch === true ? ['.'] : config?.watch || [];
    let present = new AbortController();
    const { directory } = this.#options.configuration();
    const unwatch = watchFiles(
      watched.map((path) => resolve(directory, path)),
      (file) => {
        this.#around.log.logger.info({ process: name }, `${file} has changed; starts again`);
        present.abort();
        present = new AbortController();
        // What somebody has stopped stays so.
        const instances = this.groups.get(name)?.instances.filter(({ isWanted }) => isWanted) ?? [];
        void this.restart(instances, present.signal);
      },
    );
    return () => {
      present.abort();
      unwatch();
    };
  }

  #make(part: Part, id: string): Instance {
    const { lines } = this.#options.configuration().log;
    const buffer = this.#buffers.get(id) ?? new LineBuffer(lines, (line) => this.lines.emit('line', line));
    this.#buffers.set(id, buffer);
    const instance = new Instance({ id, buffer }, part, this.#around);
    instance.events.on('state', (info) => this.events.emit('state', info));
    return instance;
  }
}
