import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { type Clock, Emitter, systemClock, UsageError } from '../base/index.ts';
import { type Configuration, firstRealm, type ProcessConfig } from '../config/index.ts';
import { Answers } from './answers.ts';
import { memoryByGroup } from './group.ts';
import { type Group, Groups } from './groups.ts';
import { idOf, numberIn } from './ids.ts';
import { Instance, type ProcessInfo, type Surroundings } from './instance.ts';
import { LineBuffer, type LogLine } from './line-buffer.ts';
import { limitMemory } from './limit-memory.ts';
import type { Admission } from './messages.ts';
import { isSettled, isUp, stopInOrder, until } from './order.ts';
import { OutputFiles } from './output-files.ts';
import type { Part } from './part.ts';
import { processPart, routerPart, type Site } from './parts.ts';
import { routerOutcome } from './router-outcome.ts';
import type { SiteLog } from './site-log.ts';
import { textOf } from './text-of.ts';
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

/** How long a worker may take to share what it has registered; one that is at work all the time never does. */
const SHARE_TIMEOUT_MS = 5000;

/** Runs the processes of a site: starts them in order, keeps them alive, and leaves nothing behind. */
export class Manager {
  readonly events = new Emitter<{ state: [info: ProcessInfo] }>(() => {});
  readonly #options: ManagerOptions;
  readonly #around: Surroundings;
  readonly #watchdog: Watchdog;
  readonly #groups = new Groups();
  readonly #admissions = new Map<string, Admission>();
  readonly #answers: Answers;
  /** Workers whose procedures several processes answer. */
  readonly #shared = new Set<string>();
  readonly #files: OutputFiles;
  readonly #buffers = new Map<string, LineBuffer>();
  readonly #forget: (() => void)[] = [];
  #configuration: Configuration;
  #urls: readonly string[] = [];
  #stopping: Promise<void> | undefined;
  /** Resolves when no change of what is to run is under way. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(configuration: Configuration, options: ManagerOptions) {
    this.#configuration = configuration;
    this.#options = options;
    this.#files = new OutputFiles((message) => options.log.logger.warn(message));
    const managerId = randomBytes(12).toString('hex');
    this.#watchdog = new Watchdog(managerId);
    const { clock = systemClock } = options;
    this.#answers = new Answers(clock);
    let runs = 0;
    this.#around = {
      clock,
      random: () => randomBytes(4).readUInt32BE() / 2 ** 32,
      watchdog: this.#watchdog,
      managerId,
      log: options.log,
      nextRun: () => `${managerId}.${++runs}`,
      gate: (part, signal) => this.#gate(part, signal),
      missing: (part) => this.#groups.missing(part),
      fileFor: (target) => this.#files.at({ ...target, file: resolve(this.#configuration.directory, target.file) }),
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
    this.#add(routerPart(router, this.#site()), textOf(router));
    for (const config of processes) this.#addProcess(config);
    for (const { instances } of this.#groups.values()) this.#begin(instances);
    this.#forget.push(limitMemory(() => this.#groups.instances()));
  }

  /** All processes, in the order of the file. */
  list(): ProcessInfo[] {
    const used = memoryByGroup();
    const order = ['router', ...this.#configuration.processes.map(({ name }) => name)];
    const place = ({ part }: Instance): number => order.indexOf(part.name);
    const instances = this.#groups.instances().sort((a, b) => place(a) - place(b));
    return instances.map((instance) => instance.info(instance.pid === undefined ? undefined : used.get(instance.pid)));
  }

  /** Starts what does not run, by the name of a part or of one process. Resolves, as below, with what has become of it. */
  startProcess(name: string): Promise<ProcessInfo[]> {
    const found = this.#groups.find(name);
    this.#begin(found);
    return this.#settled(found);
  }

  async stopProcess(name: string): Promise<void> {
    await Promise.all(this.#groups.find(name).map((instance) => instance.stop()));
  }

  /**
   * Restarts one process after the other, so that a part that has several goes on all the while. After one that does not come
   * up the others are left as they are. Resolves with what has become of those that were restarted.
   */
  async restartProcess(name: string): Promise<ProcessInfo[]> {
    const restarted: Instance[] = [];
    for (const instance of this.#groups.find(name)) {
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
    await this.#change(() => this.#scale(name, count));
    return this.settled([name]);
  }

  async #scale(name: string, count: number): Promise<void> {
    const group = this.#groups.get(name);
    if (!group) this.#groups.find(name);
    if (!group?.config) throw new UsageError(`only a worker or a guest can be scaled, and '${name}' is none`);
    if (!Number.isInteger(count) || count < 1 || count > 1000)
      throw new UsageError(`expected a whole number from 1 to 1000, got ${count}`);
    const taken = [...this.#groups.keys()].find((other) => numberIn(other, name) <= count);
    if (taken !== undefined)
      throw new UsageError(`one of ${count} would be called '${taken}', which is another process`);
    await this.#replace({ ...group.config, instances: count });
  }

  /** The last lines of a process, or of all of a part. */
  tail(name: string | undefined, count: number): LogLine[] {
    const lines = this.#groups.find(name).flatMap((instance) => instance.buffer.tail(count));
    return lines.sort((a, b) => a.time - b.time).slice(-count);
  }

  /** Calls back with each further line. The function returned ends that. */
  follow(name: string | undefined, listener: (line: LogLine) => void): () => void {
    const ends = this.#groups.find(name).map((instance) => instance.buffer.follow(listener));
    return () => {
      for (const end of ends) end();
    };
  }

  /**
   * Goes over to another configuration: stops, starts and restarts what is different in it, and nothing else. Rejects with a
   * `UsageError` when the router cannot be started so; everything then is as before.
   */
  reload(next: Configuration): Promise<{ readonly changed: readonly string[] }> {
    return this.#change(() => this.#reload(next));
  }

  async #reload(next: Configuration): Promise<{ readonly changed: readonly string[] }> {
    const changed: string[] = [];
    const before = this.#configuration;
    const wanted = new Set(next.processes.map(({ name }) => name));
    if (textOf(next.router) === this.#groups.get('router')?.text) this.#router?.send({ type: 'renew-tls' });
    else {
      changed.push('router');
      const url = this.#url;
      await this.#replaceRouter(next);
      if (url !== this.#url) changed.push(...(await this.#tellUrl()));
    }
    this.#configuration = next;
    if (textOf(before.log) !== textOf(next.log)) changed.push('log');
    this.#options.log.logger.level = next.log.level;
    for (const buffer of this.#buffers.values()) buffer.resize(next.log.lines);
    for (const name of [...this.#groups.keys()]) {
      if (name === 'router' || wanted.has(name)) continue;
      changed.push(name);
      await this.#remove(name);
    }
    const replaced = next.processes.filter((config) => this.#groups.get(config.name)?.text !== textOf(config));
    changed.push(...replaced.map(({ name }) => name));
    await Promise.all(replaced.map((config) => this.#replace(config)));
    return { changed: [...new Set(changed)] };
  }

  /** Restarts those that were told where the router is, which is somewhere else now. Resolves with their names. */
  async #tellUrl(): Promise<readonly string[]> {
    const told = [...this.#groups.values()].filter(
      ({ config }) => config && (config.type === 'guest' ? config.connection !== 'none' : config.user !== undefined),
    );
    const running = told.flatMap(({ instances }) => instances.filter(({ pid }) => pid !== undefined));
    await Promise.all(running.map((instance) => this.#again(instance)));
    return told.map(({ part }) => part.name);
  }

  async #replaceRouter(next: Configuration): Promise<void> {
    const before = this.#configuration;
    const urls = this.#urls;
    const begin = async ({ router }: Configuration): Promise<string | undefined> => {
      await this.#remove('router');
      const outcome = routerOutcome(this.events);
      this.#begin(this.#add(routerPart(router, this.#site()), textOf(router)));
      return this.#stopping ? undefined : outcome;
    };
    this.#configuration = next;
    this.#urls = [];
    const problem = await begin(next);
    if (problem === undefined) return;
    this.#configuration = before;
    this.#urls = urls;
    await begin(before);
    throw new UsageError(`the router goes on as before: ${problem}`);
  }

  /** Lets somebody in. A router that is not there gets the whole list when it comes. */
  async admit(admission: Admission): Promise<void> {
    this.#admissions.set(admission.authid, admission);
    const router = this.#router;
    if (router?.state !== 'ready') return;
    await this.#answers.ask(router, { type: 'admit', admission }, { key: `admit ${admission.authid}` });
  }

  /** Stops everything, those first that others do not need. Resolves when nothing is left. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  /** Ends everything at once. */
  kill(): void {
    for (const instance of this.#groups.instances()) instance.kill();
  }

  async #stopAll(): Promise<void> {
    for (const forget of this.#forget) forget();
    const parts = [...this.#groups.values()].map(({ part }) => part);
    await stopInOrder(parts, (name) => this.#halt(name));
    await this.#watchdog.close();
    await this.#files.close();
  }

  async #halt(name: string): Promise<void> {
    const group = this.#groups.get(name);
    group?.unwatch();
    await Promise.all(group?.instances.map((instance) => instance.stop()) ?? []);
  }

  async #remove(name: string): Promise<void> {
    const group = this.#groups.get(name);
    group?.unwatch();
    await Promise.all(group?.instances.map((instance) => instance.retire()) ?? []);
    this.#groups.delete(name);
  }

  /** Only the number of processes differs: the others go on. Anything else: all of them anew. */
  async #replace(config: ProcessConfig): Promise<void> {
    const { name, instances: count } = config;
    const group = this.#groups.get(name);
    const same = (one: ProcessConfig): string => textOf({ ...one, instances: 0 });
    if (group?.config && same(group.config) === same(config)) {
      if (count > 1) await this.#share(group);
      const kept = group.instances.slice(0, count);
      await Promise.all(group.instances.slice(count).map((instance) => instance.retire()));
      const added = this.#make(group.part, count).slice(kept.length);
      this.#groups.set(name, { ...group, config, text: textOf(config), instances: [...kept, ...added] });
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

  /** Has the process that answers alone share its procedures with those that are to come. */
  async #share({ part, instances }: Group): Promise<void> {
    if (part.type !== 'worker' || this.#shared.has(part.name)) return;
    this.#shared.add(part.name);
    const asked = instances.filter(({ state }) => state === 'starting' || state === 'ready');
    await Promise.all(
      asked.map((instance) =>
        this.#answers.ask(instance, { type: 'share' }, { key: `share ${instance.id}`, timeoutMs: SHARE_TIMEOUT_MS }),
      ),
    );
  }

  /** One change at a time: each begins with what the one before has left. */
  #change<T>(act: () => Promise<T>): Promise<T> {
    const changed = this.#changing.then(act);
    this.#changing = changed.catch(() => {});
    return changed;
  }

  /** Starts them, unless everything is being stopped: what was asked for before must not outlive that. */
  #begin(instances: readonly Instance[]): void {
    if (!this.#stopping) for (const instance of instances) instance.start();
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
    if (config.instances > 1) this.#shared.add(config.name);
    else this.#shared.delete(config.name);
    return this.#add(processPart(config, this.#site()), textOf(config), config);
  }

  #add(part: Part, text: string, config?: ProcessConfig): readonly Instance[] {
    const instances = this.#make(part, config?.instances ?? 1);
    const { directory } = this.#configuration;
    const watched = config?.watch === true ? ['.'] : config?.watch || [];
    const unwatch = watchFiles(
      watched.map((path) => resolve(directory, path)),
      (file) => {
        this.#options.log.logger.info({ process: part.name }, `${file} has changed; starts again`);
        // What somebody has stopped stays so.
        for (const instance of this.#groups.get(part.name)?.instances ?? [])
          if (instance.state !== 'stopped') void this.#again(instance);
      },
    );
    this.#groups.set(part.name, { part, text, config, instances, unwatch });
    return instances;
  }

  #make(part: Part, count: number): Instance[] {
    return Array.from({ length: count }, (_, index) => {
      const id = idOf(part.name, index, count);
      const buffer = this.#buffers.get(id) ?? new LineBuffer(this.#configuration.log.lines);
      this.#buffers.set(id, buffer);
      const instance = new Instance({ id, buffer }, part, this.#around);
      instance.events.on('state', (info) => this.events.emit('state', info));
      return instance;
    });
  }

  #gate(part: Part, signal: AbortSignal): Promise<void> {
    return until(this.events, () => this.#groups.missing(part).length === 0, signal);
  }

  #site(): Site {
    const { directory } = this.#configuration;
    return {
      directory,
      socket: this.#options.socket,
      realm: firstRealm(this.#configuration),
      url: () => this.#url,
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
        if (message.type === 'admitted') this.#answers.heard(`admit ${message.authid}`);
      },
      isRegistered: this.#options.isRegistered,
      isShared: (name) => this.#shared.has(name),
      hasShared: (id) => this.#answers.heard(`share ${id}`),
    };
  }

  get #url(): string | undefined {
    return this.#urls.find((url) => url.startsWith('ws:')) ?? this.#urls[0];
  }

  get #router(): Instance | undefined {
    return this.#groups.get('router')?.instances[0];
  }
}
