import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { type Clock, Emitter, systemClock, UsageError } from '../base/index.ts';
import { type Configuration, nearest, type ProcessConfig } from '../config/index.ts';
import { memoryByGroup } from './group.ts';
import { Instance, type ProcessInfo, type Surroundings } from './instance.ts';
import { LineBuffer, type LogLine } from './line-buffer.ts';
import type { Admission } from './messages.ts';
import { isSettled, isUp, until } from './order.ts';
import type { Part } from './part.ts';
import { firstRealm, processPart, routerPart, type Site } from './parts.ts';
import { RotatingFile } from './rotating-file.ts';
import type { SiteLog } from './site-log.ts';
import { watchFiles } from './watch.ts';
import { Watchdog } from './watchdog.ts';

export interface ManagerOptions {
  readonly log: SiteLog;
  /** The Unix socket on which the router takes processes of this site. */
  readonly socket: string;
  /** Is this procedure registered in the realm? */
  readonly isRegistered: (realm: string, procedure: string) => Promise<boolean>;
  readonly clock?: Clock;
}

/** A part with its processes, and what ends the watch over its files. */
interface Group {
  readonly part: Part;
  /** As it was configured, to see what a reload changes. */
  readonly text: string;
  readonly config: ProcessConfig | undefined;
  readonly instances: Instance[];
  readonly unwatch: () => void;
}

const MEMORY_INTERVAL_MS = 2000;

/** Runs the processes of a site: starts them in order, keeps them alive, and leaves nothing behind. */
export class Manager {
  readonly events = new Emitter<{ state: [info: ProcessInfo] }>(() => {});
  readonly #options: ManagerOptions;
  readonly #around: Surroundings;
  readonly #watchdog: Watchdog;
  readonly #groups = new Map<string, Group>();
  readonly #admissions = new Map<string, Admission>();
  readonly #admitted = new Map<string, () => void>();
  readonly #files = new Map<string, RotatingFile>();
  readonly #buffers = new Map<string, LineBuffer>();
  readonly #forget: (() => void)[] = [];
  #configuration: Configuration;
  #urls: readonly string[] = [];
  #stopping: Promise<void> | undefined;

  constructor(configuration: Configuration, options: ManagerOptions) {
    this.#configuration = configuration;
    this.#options = options;
    const managerId = randomBytes(12).toString('hex');
    this.#watchdog = new Watchdog(managerId);
    let runs = 0;
    this.#around = {
      clock: options.clock ?? systemClock,
      random: () => randomBytes(4).readUInt32BE() / 2 ** 32,
      watchdog: this.#watchdog,
      managerId,
      log: options.log,
      nextRun: () => `${managerId}.${++runs}`,
      gate: (part, signal) => this.#gate(part, signal),
      fileFor: (target) => this.#fileFor(target),
    };
  }

  /** Where the router listens, with real ports; empty until it does. */
  get urls(): readonly string[] {
    return this.#urls;
  }

  get watchdogPid(): number | undefined {
    return this.#watchdog.pid;
  }

  /** Starts everything, each part once those that it comes after are ready. */
  start(): void {
    const { processes, router } = this.#configuration;
    this.#add(routerPart(router, this.#site()), JSON.stringify(router));
    for (const config of processes) this.#addProcess(config);
    for (const { instances } of this.#groups.values()) this.#begin(instances);
    const timer = setInterval(() => this.#watchMemory(), MEMORY_INTERVAL_MS);
    timer.unref();
    this.#forget.push(() => clearInterval(timer));
  }

  /** All processes, in the order of the file. */
  list(): ProcessInfo[] {
    const used = memoryByGroup();
    return this.#instances().map((instance) =>
      instance.info(instance.pid === undefined ? undefined : used.get(instance.pid)),
    );
  }

  /** Starts what does not run, by the name of a part or of one process. Resolves, as below, with what has become of it. */
  startProcess(name: string): Promise<ProcessInfo[]> {
    const found = this.#find(name);
    this.#begin(found);
    return this.#settled(found);
  }

  async stopProcess(name: string): Promise<void> {
    await Promise.all(this.#find(name).map((instance) => instance.stop()));
  }

  /**
   * Restarts one process after the other, so that a part that has several goes on all the while. After one that does not come
   * up the others are left as they are. Resolves with what has become of those that were restarted.
   */
  async restartProcess(name: string): Promise<ProcessInfo[]> {
    const restarted: Instance[] = [];
    for (const instance of this.#find(name)) {
      restarted.push(instance);
      await this.#again(instance);
      await this.#settled([instance]);
      if (!isUp([instance])) break;
    }
    return this.#settled(restarted);
  }

  /** Resolves with what has become of these parts, once they are ready, or are not going to be. */
  settled(names: readonly string[]): Promise<ProcessInfo[]> {
    return this.#settled(names.flatMap((name) => this.#groups.get(name)?.instances ?? []));
  }

  /** Sees to it that a part has so many processes. */
  async scale(name: string, count: number): Promise<ProcessInfo[]> {
    const group = this.#groups.get(name);
    if (!group) this.#find(name);
    if (!group?.config) throw new UsageError(`only a worker or a guest can be scaled, and '${name}' is none`);
    if (!Number.isInteger(count) || count < 1 || count > 1000)
      throw new UsageError(`expected a whole number from 1 to 1000, got ${count}`);
    await this.#replace({ ...group.config, instances: count });
    return this.settled([name]);
  }

  /** The last lines of a process, or of all of a part. */
  tail(name: string | undefined, count: number): LogLine[] {
    const lines = this.#find(name).flatMap((instance) => instance.buffer.tail(count));
    return lines.sort((a, b) => a.time - b.time).slice(-count);
  }

  /** Calls back with each further line. The function returned ends that. */
  follow(name: string | undefined, listener: (line: LogLine) => void): () => void {
    const ends = this.#find(name).map((instance) => instance.buffer.follow(listener));
    return () => {
      for (const end of ends) end();
    };
  }

  /** Goes over to another configuration: stops, starts and restarts what is different in it, and nothing else. */
  async reload(next: Configuration): Promise<{ readonly changed: readonly string[] }> {
    const changed: string[] = [];
    this.#configuration = next;
    const wanted = new Map(next.processes.map((config) => [config.name, config]));
    const router = JSON.stringify(next.router);
    const present = this.#groups.get('router');
    if (present && present.text !== router) {
      changed.push('router');
      await this.#remove('router');
      this.#urls = [];
      this.#begin(this.#add(routerPart(next.router, this.#site()), router));
    } else present?.instances[0]?.send({ type: 'renew-tls' });
    for (const name of [...this.#groups.keys()]) {
      if (name === 'router' || wanted.has(name)) continue;
      changed.push(name);
      await this.#remove(name);
    }
    const replaced = next.processes.filter((config) => this.#groups.get(config.name)?.text !== JSON.stringify(config));
    changed.push(...replaced.map(({ name }) => name));
    await Promise.all(replaced.map((config) => this.#replace(config)));
    return { changed };
  }

  /** Lets somebody in. A router that is not there gets the whole list when it comes. */
  async admit(admission: Admission): Promise<void> {
    this.#admissions.set(admission.authid, admission);
    const router = this.#router;
    if (router?.state !== 'ready') return;
    await new Promise<void>((resolve) => {
      const forget = router.events.on('state', () => done());
      const done = (): void => {
        forget();
        resolve();
      };
      this.#admitted.set(admission.authid, done);
      router.send({ type: 'admit', admission });
    });
  }

  /** Stops everything, those first that others do not need. Resolves when nothing is left. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  /** Ends everything at once. */
  kill(): void {
    for (const instance of this.#instances()) instance.kill();
  }

  async #stopAll(): Promise<void> {
    for (const forget of this.#forget) forget();
    const stopped = new Map<string, Promise<void>>();
    const stopGroup = (name: string): Promise<void> => {
      const known = stopped.get(name);
      if (known) return known;
      const dependants = [...this.#groups.values()].filter(({ part }) => part.after.includes(name));
      const done = Promise.all(dependants.map(({ part }) => stopGroup(part.name))).then(() => this.#halt(name));
      stopped.set(name, done);
      return done;
    };
    await Promise.all([...this.#groups.keys()].map(stopGroup));
    await this.#watchdog.close();
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }

  async #halt(name: string): Promise<void> {
    const group = this.#groups.get(name);
    group?.unwatch();
    await Promise.all(group?.instances.map((instance) => instance.stop()) ?? []);
  }

  async #remove(name: string): Promise<void> {
    await this.#halt(name);
    this.#groups.delete(name);
  }

  /** Only the number of processes differs: the others go on. Anything else: all of them anew. */
  async #replace(config: ProcessConfig): Promise<void> {
    const { name } = config;
    const group = this.#groups.get(name);
    const same = (one: ProcessConfig | undefined): string => JSON.stringify({ ...one, instances: undefined });
    const sharing = (count: number | undefined): boolean => (count ?? 1) > 1;
    if (
      group &&
      same(group.config) === same(config) &&
      sharing(group.config?.instances) === sharing(config.instances)
    ) {
      const spare = group.instances.slice(config.instances);
      await Promise.all(spare.map((instance) => instance.stop()));
      const kept = group.instances.slice(0, config.instances);
      const added = this.#make(group.part, config.instances).slice(kept.length);
      this.#groups.set(name, { ...group, config, text: JSON.stringify(config), instances: [...kept, ...added] });
      this.#begin(added);
      return;
    }
    const state = group?.instances.map((instance) => instance.state) ?? [];
    await this.#remove(name);
    const instances = this.#addProcess(config);
    // What somebody has stopped stays so.
    if (state.length > 0 && state.every((one) => one === 'stopped')) return;
    this.#begin(instances);
  }

  /** Starts them, unless they, or everything, were taken away meanwhile: what was asked for before must not outlive that. */
  #begin(instances: readonly Instance[]): void {
    if (this.#stopping) return;
    const present = new Set(this.#instances());
    for (const instance of instances) if (present.has(instance)) instance.start();
  }

  async #again(instance: Instance): Promise<void> {
    await instance.stop();
    this.#begin([instance]);
  }

  async #settled(instances: readonly Instance[]): Promise<ProcessInfo[]> {
    const instancesOf = (name: string): readonly Instance[] | undefined => this.#groups.get(name)?.instances;
    await until(this.events, () => instances.every((instance) => isSettled(instance, instancesOf)));
    return instances.map((instance) => instance.info());
  }

  #addProcess(config: ProcessConfig): readonly Instance[] {
    return this.#add(processPart(config, this.#site()), JSON.stringify(config), config);
  }

  #add(part: Part, text: string, config?: ProcessConfig): readonly Instance[] {
    const instances = this.#make(part, config?.instances ?? 1);
    const { directory } = this.#configuration;
    const watched = config?.watch === true ? ['.'] : config?.watch || [];
    const unwatch = watchFiles(
      watched.map((path) => resolve(directory, path)),
      (file) => {
        this.#options.log.logger.info({ process: part.name }, `${file} has changed; starts again`);
        for (const instance of this.#groups.get(part.name)?.instances ?? []) void this.#again(instance);
      },
    );
    this.#groups.set(part.name, { part, text, config, instances, unwatch });
    return instances;
  }

  #make(part: Part, count: number): Instance[] {
    return Array.from({ length: count }, (_, index) => {
      const id = count === 1 ? part.name : `${part.name}.${index + 1}`;
      const buffer = this.#buffers.get(id) ?? new LineBuffer(this.#configuration.log.lines);
      this.#buffers.set(id, buffer);
      const instance = new Instance({ id, buffer }, part, this.#around);
      instance.events.on('state', (info) => this.events.emit('state', info));
      return instance;
    });
  }

  #instances(): Instance[] {
    return [...this.#groups.values()].flatMap(({ instances }) => instances);
  }

  #find(name: string | undefined): Instance[] {
    const all = this.#instances();
    if (name === undefined) return all;
    const found = this.#groups.get(name)?.instances ?? all.filter(({ id }) => id === name);
    if (found.length > 0) return [...found];
    const meant = nearest(name, [...this.#groups.keys(), ...all.map(({ id }) => id)]);
    throw new UsageError(`there is no process '${name}'${meant === undefined ? '' : `; did you mean '${meant}'?`}`);
  }

  #gate(part: Part, signal: AbortSignal): Promise<void> {
    return until(this.events, () => part.after.every((name) => isUp(this.#groups.get(name)?.instances)), signal);
  }

  #site(): Site {
    const { directory } = this.#configuration;
    return {
      directory,
      socket: this.#options.socket,
      realm: firstRealm(this.#configuration),
      url: () => this.#urls.find((url) => url.startsWith('ws:')) ?? this.#urls[0],
      urls: () => this.#urls,
      admissions: this.#admissions,
      admit: (admission) => this.admit(admission),
      revoke: (authid) => {
        this.#admissions.delete(authid);
        this.#router?.send({ type: 'revoke', authid });
      },
      routerReady: (urls) => {
        this.#urls = urls;
      },
      routerSays: (message) => {
        if (message.type !== 'admitted') return;
        this.#admitted.get(message.authid)?.();
        this.#admitted.delete(message.authid);
      },
      isRegistered: this.#options.isRegistered,
    };
  }

  get #router(): Instance | undefined {
    return this.#groups.get('router')?.instances[0];
  }

  #fileFor({ file, maxBytes, keep }: Parameters<Surroundings['fileFor']>[0]): RotatingFile {
    const path = resolve(this.#configuration.directory, file);
    const known = this.#files.get(path);
    if (known) return known;
    const onTrouble = (message: string): void => this.#options.log.logger.warn(message);
    const made = new RotatingFile({ path, maxBytes, keep, onTrouble });
    this.#files.set(path, made);
    return made;
  }

  #watchMemory(): void {
    const limited = this.#instances().filter(
      ({ part, pid, state }) => part.memory !== undefined && pid !== undefined && state !== 'stopping',
    );
    if (limited.length === 0) return;
    const used = memoryByGroup();
    for (const instance of limited) {
      const bytes = used.get(instance.pid as number) ?? 0;
      if (bytes > (instance.part.memory as number))
        instance.end(
          `used ${Math.round(bytes / 1e6)} MB of memory, and may have ${Math.round((instance.part.memory as number) / 1e6)} MB`,
        );
    }
  }
}
