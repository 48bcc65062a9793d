import { toError, UsageError } from '../base/index.ts';
import type { Client, Invocation, Registration } from '../index.ts';
import { WampError } from '../index.ts';
import type { ProcessInfo } from './instance.ts';
import type { LogLine } from './line-buffer.ts';
import type { Manager, Reloaded } from './manager.ts';

/** The realm in which a site is managed. */
export const MANAGEMENT_REALM = 'rocade.management';

/** Published with a {@link ProcessInfo} at each change of state. */
export const STATE_TOPIC = 'rocade.process.state';

const BAD_REQUEST = 'wamp.error.invalid_argument';

/** What can be asked of a site as a whole. */
export interface SiteControl {
  readonly manager: Manager;
  /** Reads the configuration again; resolves with what has changed, and what has not although it was to. */
  readonly reload: () => Promise<Reloaded>;
  /** Ends the site. */
  readonly shutDown: () => void;
}

/** Answers the procedures by which a site is managed, and tells of changes. The function that it resolves with ends that. */
export async function offerManagement(
  client: Client,
  { manager, reload, shutDown }: SiteControl,
): Promise<() => Promise<void>> {
  const registrations: Registration[] = [];
  const procedures: Readonly<Record<string, (args: readonly unknown[], invocation: Invocation) => unknown>> = {
    'rocade.process.list': () => manager.list(),
    'rocade.process.get': ([name]) => get(manager, textOf(name)),
    'rocade.process.start': ([name]) => manager.startProcess(textOf(name)),
    'rocade.process.stop': ([name]) => manager.stopProcess(textOf(name)),
    'rocade.process.restart': ([name]) => manager.restartProcess(textOf(name)),
    'rocade.process.scale': ([name, count]) => manager.scale(textOf(name), Number(count)),
    'rocade.process.logs': ([name], invocation) => logs(manager, name, invocation),
    'rocade.site.get': () => ({ pid: process.pid, watchdog: manager.watchdogPid, urls: manager.urls }),
    'rocade.site.reload': async () => {
      const { changed, unchanged } = await reload();
      return { changed, unchanged, processes: await manager.settled(changed) };
    },
    'rocade.site.stop': () => shutDown(),
  };
  for (const [name, act] of Object.entries(procedures)) {
    // Not async itself: an outcome in parts is handed on as it is.
    const registration = await client.register(name, (args, invocation) => {
      try {
        const outcome = act(args, invocation);
        return outcome instanceof Promise ? outcome.catch(refuse) : outcome;
      } catch (error) {
        return refuse(error);
      }
    });
    registrations.push(registration);
  }
  const forget = manager.events.on('state', (info: ProcessInfo) => {
    if (client.session) void client.publish(STATE_TOPIC, [info]);
  });
  client.on('closed', forget);
  return async () => {
    forget();
    await Promise.allSettled(registrations.map((registration) => registration.unregister()));
  };
}

/** What was asked for makes no sense: a sentence. Anything else is ours, and stays here but for its message. */
function refuse(error: unknown): never {
  throw new WampError(error instanceof UsageError ? BAD_REQUEST : 'wamp.error.runtime_error', [toError(error).message]);
}

function get(manager: Manager, name: string): ProcessInfo[] {
  const found = manager.list().filter(({ process: id }) => id === name || id.startsWith(`${name}.`));
  if (found.length === 0) throw new UsageError(`there is no process '${name}'`);
  return found;
}

/** The last lines, as a list; with `follow`, these and all further ones, each as a part of the result, until cancelled. */
function logs(manager: Manager, name: unknown, { kwargs, signal }: Invocation): unknown {
  const which = name === undefined || name === null ? undefined : textOf(name);
  const tail = Number(kwargs['tail'] ?? 100);
  const last = manager.tail(which, Number.isInteger(tail) && tail >= 0 ? tail : 100);
  return kwargs['follow'] === true ? follow(manager, { which, last, signal }) : last;
}

/** Who reads too slowly misses lines, rather than that they fill the memory. */
const MAX_WAITING = 10_000;

async function* follow(
  manager: Manager,
  from: { readonly which: string | undefined; readonly last: readonly LogLine[]; readonly signal: AbortSignal },
): AsyncGenerator<LogLine> {
  const waiting = [...from.last];
  let wake = (): void => {};
  const end = manager.follow(from.which, (line) => {
    if (waiting.length < MAX_WAITING) waiting.push(line);
    wake();
  });
  from.signal.addEventListener('abort', () => wake());
  try {
    while (!from.signal.aborted) {
      yield* waiting.splice(0);
      if (waiting.length > 0 || from.signal.aborted) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    end();
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new UsageError(`expected the name of a process, got ${JSON.stringify(value)}`);
}
