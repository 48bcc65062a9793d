import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import {
  type GuestConfig,
  HANG_TIMEOUT_MS,
  type ProcessConfig,
  type RouterConfig,
  type WorkerConfig,
} from '../config/index.ts';
import { environmentOf } from './environment.ts';
import { identityOf } from './identity.ts';
import { programOf } from './inspect.ts';
import type { Admission, FromChild, ToRouter, WorkerStart } from './messages.ts';
import type { Part, Prepared } from './part.ts';
import { programArgs } from './programs.ts';
import { DEFAULT_RULES, rulesOf } from './restarts.ts';

/** What the parts of a site know of each other, through their manager. */
export interface Site {
  readonly directory: string;
  /** The Unix socket of the router for processes of this site, as an address. */
  readonly socket: string;
  /** The address of the router for programs of any kind; undefined until it is known. */
  readonly url: () => string | undefined;
  /** Where the router listens, once it has told. */
  readonly urls: () => readonly string[];
  /** Who may join at present. */
  readonly admissions: Map<string, Admission>;
  /** Tells the router, and resolves when it has heard it. */
  readonly admit: (admission: Admission) => Promise<void>;
  readonly revoke: (admission: Admission) => void;
  /** The router listens at these addresses. */
  readonly routerReady: (urls: readonly string[]) => void;
  readonly routerSays: (message: FromChild) => void;
  readonly isRegistered: (realm: string, procedure: string) => Promise<boolean>;
  /** Do several processes answer the procedures of this worker, or did they? */
  readonly isShared: (name: string) => boolean;
  /** A process of a worker shares what it has registered. */
  readonly hasShared: (id: string) => void;
}

/** What is less than the grace time, so that who drains is not killed at its end. */
const DRAIN_SHARE = 0.8;

/** The router, as a part of its site like any other. */
export function routerPart(config: RouterConfig, site: Site): Part {
  return {
    name: 'router',
    type: 'router',
    after: [],
    // Without it there is nothing, so it comes back for as long as it takes.
    restart: { ...DEFAULT_RULES, policy: 'always', maxDelay: 2000, limit: Number.POSITIVE_INFINITY },
    stop: { signal: 'SIGTERM', grace: 10_000 },
    ready: 'registered',
    readyTimeout: 30_000,
    hangTimeout: HANG_TIMEOUT_MS,
    memory: undefined,
    stdout: 'log',
    stderr: 'log',
    optional: false,
    isRegistered: () => Promise.resolve(false),
    async prepare() {
      const { directory, socket } = site;
      const hello = {
        type: 'start',
        // Ports that were free at the first start are its own from then on.
        config: site.urls().length > 0 ? { ...config, listen: [...site.urls()] } : config,
        directory,
        socket,
        admissions: [...site.admissions.values()],
      } satisfies ToRouter;
      return {
        launch: {
          executable: process.execPath,
          args: programArgs('router'),
          env: environmentOf({ inherit: ['PATH', 'HOME', 'LANG', 'NODE_OPTIONS', 'NODE_ENV'], vars: {} }),
          cwd: directory,
          ipc: true,
          stdout: 'pipe',
          stderr: 'pipe',
        },
        hello,
        onMessage(message) {
          if (message.type === 'ready') site.routerReady(message.urls ?? []);
          else site.routerSays(message);
        },
        release: () => {},
      };
    },
  };
}

/** A worker or a guest. */
export function processPart(config: ProcessConfig, site: Site): Part {
  const { name, realm, after, stop, ready, readyTimeout, memory, stdout, stderr, optional } = config;
  return {
    name,
    type: config.type,
    after: ['router', ...after.filter((other) => other !== 'router')],
    restart: rulesOf(config.restart),
    stop,
    ready,
    readyTimeout,
    hangTimeout: config.type === 'worker' ? config.hangTimeout : 0,
    memory,
    stdout,
    stderr,
    optional,
    isRegistered: (procedure) => site.isRegistered(realm, procedure),
    prepare: (id) => prepare(config, site, id),
  };
}

async function prepare(
  config: ProcessConfig,
  site: Site,
  id: string,
): Promise<Prepared | { readonly problem: string }> {
  const program = programOf(config, site.directory);
  if ('problem' in program) return program;
  const identity = identityOf(config.user, config.group);
  if ('problem' in identity) return identity;
  const { realm, role } = config;
  const admission = { authid: id, ticket: randomBytes(24).toString('base64url'), realm, role };
  const joins = config.type === 'worker' || config.connection !== 'none';
  if (joins) await site.admit(admission);
  const connection = { url: urlFor(config, site), admission };
  const { executable, args } = program;
  const common = {
    executable,
    cwd: resolve(site.directory, config.workdir ?? '.'),
    ...identity,
    stdout: pipeFor(config.stdout, config.ready),
    stderr: pipeFor(config.stderr, config.ready),
  };
  const release = (): void => {
    if (joins) site.revoke(admission);
  };
  if (config.type === 'guest') {
    const input = stdinOf(config, connection);
    return {
      launch: {
        ...common,
        args: [...args, ...config.arguments],
        env: { ...environmentOf(config.env), ...variables(config, connection) },
        ipc: false,
        ...(input !== undefined && { stdin: input }),
      },
      release,
    };
  }
  return {
    launch: {
      ...common,
      args: [...args, ...programArgs('worker')],
      env: environmentOf(config.env),
      ipc: true,
    },
    hello: helloOf(config, { modules: program.modules, shared: site.isShared(config.name) }, connection),
    onMessage(message) {
      if (message.type === 'shared') site.hasShared(id);
    },
    release,
  };
}

function urlFor({ type, user }: ProcessConfig, site: Site): string {
  const own = `unix:${site.socket}`;
  if (type === 'guest') return site.url() ?? own;
  // A socket that only this user may open is of no use to another one. Where WebSockets are taken, so is RawSocket.
  return user === undefined ? own : (site.url()?.replace(/^ws:/, 'tcp:').replace(/^wss:/, 'tls:') ?? own);
}

interface Connection {
  readonly url: string;
  readonly admission: Admission;
}

function helloOf(
  { stop }: WorkerConfig,
  what: Pick<WorkerStart, 'modules' | 'shared'>,
  { url, admission }: Connection,
): WorkerStart {
  return { type: 'start', ...what, url, admission, drainTimeout: Math.round(stop.grace * DRAIN_SHARE) };
}

function variables(config: GuestConfig, { url, admission }: Connection): Record<string, string> {
  if (config.connection !== 'env') return {};
  const { realm, authid, ticket } = admission;
  return { ROCADE_URL: url, ROCADE_REALM: realm, ROCADE_AUTHID: authid, ROCADE_TICKET: ticket };
}

function stdinOf(config: GuestConfig, { url, admission }: Connection): string | undefined {
  const own = typeof config.stdin === 'object' ? config.stdin.json : undefined;
  if (config.connection !== 'stdin') return own === undefined ? undefined : `${JSON.stringify(own)}\n`;
  const { realm, authid, ticket } = admission;
  return `${JSON.stringify({ ...(own as object | undefined), url, realm, authid, ticket })}\n`;
}

function pipeFor(target: ProcessConfig['stdout'], ready: ProcessConfig['ready']): 'pipe' | 'ignore' | 'inherit' {
  if (target === 'inherit') return 'inherit';
  const isRead = typeof ready === 'object' && 'line' in ready;
  return target === 'drop' && !isRead ? 'ignore' : 'pipe';
}
