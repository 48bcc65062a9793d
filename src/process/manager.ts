import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { type Clock, type Emitter, systemClock, UsageError } from '../base/index.ts';
import { type Configuration, MAX_INSTANCES } from '../config/index.ts';
import { Answers } from './answers.ts';
import { Fleet, type Unchanged } from './fleet.ts';
import { memoryByGroup } from './group.ts';
import type { Groups } from './groups.ts';
import { numberIn } from './ids.ts';
import type { Instance, ProcessInfo } from './instance.ts';
import type { LogLine } from './line-buffer.ts';
import { limitMemory } from './limit-memory.ts';
import type { Admission } from './messages.ts';
import { OutputFiles } from './output-files.ts';
import { processPart, routerPart, type Site } from './parts.ts';
import { routerOutcome } from './router-outcome.ts';
import type { SiteLog } from './site-log.ts';
import { textOf } from './text-of.ts';
import { Watchdog } from './watchdog.ts';

export interface ManagerOptions {
  readonly log: SiteLog;
  /** The Unix socket on which the router takes processes of this site. */
  readonly socket: string;
  /** Is this procedure registered in the realm? */
  readonly isRegistered: (realm: string, procedure: string) => Promise<boolean>;
  readonly clock?: Clock;
}

/** What a reload has done. */
export interface Reloaded {
  readonly changed: readonly string[];
  /** Parts that were to change, and have gone back. */
  readonly unchanged: readonly Unchanged[];
}

/** Runs the processes of a site: starts them in order, keeps them alive, and leaves nothing behind. */
export class Manager {
  readonly events: Emitter<{ state: [info: ProcessInfo] }>;
  readonly #options: ManagerOptions;
  readonly #fleet: Fleet;
  readonly #watchdog: Watchdog;
  readonly #admissions = new Map<string, Admission>();
  readonly #answers: Answers;
  readonly #files: OutputFiles;
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
    const around = {
      clock,
      random: () => randomBytes(4).readUInt32BE() / 2 ** 32,
      watchdog: this.#watchdog,
      managerId,
      log: options.log,
      nextRun: () => `${managerId}.${++runs}`,
      fileFor: ({ file, ...limits }: Parameters<OutputFiles['at']>[0]) =>
        this.#files.at({ ...limits, file: resolve(this.#configuration.directory, file) }),
    };
    this.#fleet = new Fleet({
      around,
      answers: this.#answers,
      partOf: (config) => processPart(config, this.#site()),
      configuration: () => this.#configuration,
    });
    this.events = this.#fleet.events;
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
    this.#fleet.add(routerPart(router, this.#site()), textOf(router));
    for (const config of processes) this.#fleet.addProcess(config);
    for (const { instances } of this.#groups.values()) this.#fleet.begin(instances);
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
    this.#fleet.begin(found);
    return this.#fleet.settled(found);
  }

  async stopProcess(name: string): Promise<void> {
    await Promise.all(this.#groups.find(name).map((instance) => instance.stop()));
  }

  /**
   * Restarts one process after the other, so that a part that has several goes on all the while. After one that does not come
   * up the others are left as they are. Resolves with what has become of those that were restarted.
   */
  async restartProcess(name: string): Promise<ProcessInfo[]> {
    return this.#fleet.settled(await this.#fleet.restart(this.#groups.find(name)));
  }

  /** Resolves with what has become of these parts, once they are ready, or are not going to be. */
  settled(names: readonly string[]): Promise<ProcessInfo[]> {
    return this.#fleet.settled(names.flatMap((name) => this.#groups.get(name)?.instances ?? []));
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
    if (!Number.isInteger(count) || count < 1 || count > MAX_INSTANCES)
      throw new UsageError(`expected a whole number from 1 to ${MAX_INSTANCES}, got ${count}`);
    const taken = [...this.#groups.keys()].find((other) => numberIn(other, name) <= count);
    if (taken !== undefined)
      throw new UsageError(`one of ${count} would be called '${taken}', which is another process`);
    await this.#fleet.replace([{ ...group.config, instances: count }]);
  }

  /** The last lines of a process, or of all of a part. */
  tail(name: string | undefined, count: number): LogLine[] {
    const lines = this.#groups.find(name).flatMap((instance) => instance.buffer.tail(count));
    return lines.sort((a, b) => a.time - b.time).slice(-count);
  }

  /** Calls back with each further line, also of processes that come in addition. The function returned ends that. */
  follow(name: string | undefined, listener: (line: LogLine) => void): () => void {
    // Throws if there is none.
    this.#groups.find(name);
    return this.#fleet.lines.on('line', (line) => {
      if (this.#groups.includes(name, line.process)) listener(line);
    });
  }

  /**
   * Goes over to another configuration: stops, starts and restarts what is different in it, and nothing else. A part with
   * several processes goes on while they are exchanged; when one of the new ones does not come up, it goes on as it was. Rejects
   * with a `UsageError` when the router cannot be started so; everything then is as before.
   */
  reload(next: Configuration): Promise<Reloaded> {
    return this.#change(() => this.#reload(next));
  }

  async #reload(next: Configuration): Promise<Reloaded> {
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
    this.#fleet.keepLines(next.log.lines);
    this.#files.reopen();
    for (const name of [...this.#groups.keys()]) {
      if (name === 'router' || wanted.has(name)) continue;
      changed.push(name);
      await this.#fleet.forget(name);
    }
    const replaced = next.processes.filter((config) => this.#groups.get(config.name)?.text !== textOf(config));
    const unchanged = await this.#fleet.replace(replaced);
    const kept = new Set(unchanged.map(({ name }) => name));
    changed.push(...replaced.flatMap(({ name }) => (kept.has(name) ? [] : name)));
    return { changed: [...new Set(changed)], unchanged };
  }

  /** Restarts those that were told where the router is, which is somewhere else now. Resolves with their names. */
  async #tellUrl(): Promise<readonly string[]> {
    const told = [...this.#groups.values()].filter(
      ({ config }) => config && (config.type === 'guest' ? config.connection !== 'none' : config.user !== undefined),
    );
    const running = told.flatMap(({ instances }) =>
      instances.filter(({ isWanted, pid }) => isWanted && pid !== undefined),
    );
    await Promise.all(running.map((instance) => this.#fleet.again(instance)));
    return told.map(({ part }) => part.name);
  }

  async #replaceRouter(next: Configuration): Promise<void> {
    const before = this.#configuration;
    const urls = this.#urls;
    const begin = async ({ router }: Configuration): Promise<string | undefined> => {
      await this.#fleet.remove('router');
      const outcome = routerOutcome(this.events);
      this.#fleet.begin(this.#fleet.add(routerPart(router, this.#site()), textOf(router)));
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
    await this.#fleet.stop();
    await this.#watchdog.close();
    await this.#files.close();
  }

  /** One change at a time: each begins with what the one before has left. */
  #change<T>(act: () => Promise<T>): Promise<T> {
    const changed = this.#changing.then(act);
    this.#changing = changed.catch(() => {});
    return changed;
  }

  #site(): Site {
    const { directory } = this.#configuration;
    return {
      directory,
      socket: this.#options.socket,
      url: () => this.#url,
      urls: () => this.#urls,
      admissions: this.#admissions,
      admit: (admission) => this.admit(admission),
      revoke: (admission) => {
        const { authid } = admission;
        // A start that was given up may end after the next one has begun.
        if (this.#admissions.get(authid) !== admission) return;
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
      isShared: (name) => this.#fleet.isShared(name),
      hasShared: (id) => this.#answers.heard(`share ${id}`),
    };
  }

  get #url(): string | undefined {
    return this.#urls.find((url) => url.startsWith('ws:')) ?? this.#urls[0];
  }

  get #groups(): Groups {
    return this.#fleet.groups;
  }

  get #router(): Instance | undefined {
    return this.#groups.get('router')?.instances[0];
  }
}
