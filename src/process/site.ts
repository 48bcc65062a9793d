import { toError } from '../base/index.ts';
import { type Configuration, ConfigurationError, readConfiguration } from '../config/index.ts';
import { type Client, connect, ConnectError } from '../index.ts';
import { ListenError, rawSocket, type RunningRouter, startRouter } from '../node/index.ts';
import { inspect } from './inspect.ts';
import { mistakesIn } from './inspect-router.ts';
import type { ProcessInfo } from './instance.ts';
import { Manager, type Reloaded } from './manager.ts';
import { MANAGEMENT_REALM, offerManagement } from './management.ts';
import { ManagementRealm } from './management-realm.ts';
import { makePlaces, type Places, placesOf } from './places.ts';
import { RealmClients } from './realm-clients.ts';
import { routerOutcome } from './router-outcome.ts';
import { type SiteLog, siteLog } from './site-log.ts';
import { RouterFailedError, SiteRunsError } from './errors.ts';

/** A site that runs. */
export interface RunningSite {
  readonly urls: readonly string[];
  /** The path at which it serves files, if any: the shortest of several. */
  readonly page: string | undefined;
  readonly processes: number;
  /** Reads the configuration again and applies what has changed in it. */
  reload(): Promise<Reloaded>;
  /** Stops everything in order. */
  close(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
  /** Resolves when it has been stopped, by whomever. */
  readonly closed: Promise<void>;
}

export interface SiteOptions {
  /** As it was given, for messages. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** In place of what the configuration says. */
  readonly listen?: readonly string[];
  readonly open?: boolean;
}

/**
 * Starts the router and the processes of a configuration. Resolves when the router listens; the processes come up by
 * themselves. Rejects with a `ConfigurationError`, with a `SiteRunsError` when it runs already, or with what the router
 * says when it cannot listen.
 */
export async function startSite({ file, environment, ...options }: SiteOptions): Promise<RunningSite> {
  const read = (): Configuration => overridden(readConfiguration(file, environment), options);
  const configuration = read();
  const log = siteLog({ level: configuration.log.level });
  const places = placesOf(configuration.file);
  const control = await openControl(places, file);
  const manager: Manager = new Manager(configuration, {
    log,
    socket: places.router,
    isRegistered: (realm, procedure) => clients.isRegistered(realm, procedure),
  });
  const clients = new RealmClients(`unix:${places.router}`, (admission) => manager.admit(admission));
  tell(log, manager);
  for (const { line, message } of inspect(configuration)) log.logger.warn(`${file}, line ${line}: ${message}`);

  let over = (): void => {};
  const closed = new Promise<void>((resolve) => {
    over = resolve;
  });
  let closing: Promise<void> | undefined;
  const shut = async (): Promise<void> => {
    await clients.close();
    await manager.stop();
    await control.router.close();
    await log.flush();
    over();
  };
  const close = (): Promise<void> => (closing ??= shut());
  let present = configuration;
  const reload = async (): Promise<Reloaded> => {
    const { configuration: next, ...reloaded } = await reloadFrom(file, { read, manager, log, present });
    present = next;
    // Also when it has not changed: the router may have been without that realm for a while.
    realm.is(next.management?.realm).catch((error: unknown) => {
      if (!closing) log.logger.error(`the site is not managed as the configuration says: ${toError(error).message}`);
    });
    return reloaded;
  };
  const management = { manager, reload, shutDown: () => void close() };
  const realm = new ManagementRealm(clients, management);
  await offerManagement(control.client, management);

  const listening = routerListens(manager);
  manager.start();
  try {
    await listening;
    await realm.is(configuration.management?.realm);
  } catch (error) {
    await close();
    throw error;
  }
  const { length: processes } = configuration.processes;
  const page = pageOf(configuration.router.files);
  return { urls: manager.urls, page, processes, reload, close, kill: () => manager.kill(), closed };
}

function pageOf(files: Configuration['router']['files']): string | undefined {
  return typeof files === 'string' ? '/' : Object.keys(files ?? {}).sort((a, b) => a.length - b.length)[0];
}

interface Control {
  readonly router: RunningRouter;
  readonly client: Client;
}

/** The manager's own small router, for the commands; it also keeps a second manager out. */
async function openControl(places: Places, file: string): Promise<Control> {
  makePlaces(places);
  const url = `unix:${places.control}`;
  try {
    const router = await startRouter({ listen: url, realms: [MANAGEMENT_REALM] });
    const client = await connect(rawSocket(url), { realm: MANAGEMENT_REALM, retry: false });
    return { router, client };
  } catch (error) {
    if (error instanceof ListenError && (await answers(url))) throw new SiteRunsError(file);
    throw error;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const client = await connect(rawSocket(url), { realm: MANAGEMENT_REALM, retry: false });
    await client.close();
    return true;
  } catch (error) {
    if (error instanceof ConnectError) return false;
    throw error;
  }
}

/** The first start of the router decides: one that cannot listen then never will. */
async function routerListens(manager: Manager): Promise<void> {
  const problem = await routerOutcome(manager.events);
  if (problem !== undefined) throw new RouterFailedError(problem);
}

async function reloadFrom(
  file: string,
  {
    read,
    manager,
    log,
    present,
  }: {
    readonly read: () => Configuration;
    readonly manager: Manager;
    readonly log: SiteLog;
    readonly present: Configuration;
  },
): Promise<Reloaded & { readonly configuration: Configuration }> {
  try {
    const configuration = read();
    // What was wrong before is no reason: the site runs with it.
    const known = new Set(mistakesIn(present).map(({ message }) => message));
    const mistakes = mistakesIn(configuration).filter(({ message }) => !known.has(message));
    if (mistakes.length > 0) throw new ConfigurationError(file, mistakes);
    const isMoved = configuration.management?.realm !== present.management?.realm;
    const reloaded = await manager.reload(configuration);
    const changed = [...reloaded.changed, ...(isMoved ? ['management'] : [])];
    const what = changed.length === 0 ? 'nothing has changed' : `changed: ${changed.join(', ')}`;
    log.logger.info(`read ${file} again; ${what}`);
    for (const { name, because } of reloaded.unchanged)
      log.logger.error({ process: name }, `goes on as before: ${because.process}: ${because.reason ?? because.state}`);
    return { configuration, ...reloaded, changed };
  } catch (error) {
    log.logger.error(`not reloaded: ${toError(error).message}`);
    throw error;
  }
}

/** Each change of state is a line in the log. */
function tell({ logger }: SiteLog, manager: Manager): void {
  const texts: Readonly<Record<ProcessInfo['state'], string>> = {
    waiting: '',
    starting: 'starting',
    ready: 'ready',
    stopping: 'stopping',
    backoff: '',
    stopped: 'stopped',
    over: 'has ended',
    failed: 'failed',
    'left-out': 'left out',
  };
  manager.events.on('state', ({ process, state, reason, pid }) => {
    const level = state === 'failed' ? 'error' : state === 'backoff' || state === 'left-out' ? 'warn' : 'info';
    if (state === 'waiting') return;
    const text = [texts[state], reason].filter((part) => part).join(': ');
    logger[level]({ process, state, ...(pid !== undefined && { pid }) }, text);
  });
}

function overridden(
  configuration: Configuration,
  { listen, open }: Pick<SiteOptions, 'listen' | 'open'>,
): Configuration {
  const router = {
    ...configuration.router,
    ...(listen && { listen: [...listen] }),
    ...(open !== undefined && { open }),
  };
  return { ...configuration, router };
}
