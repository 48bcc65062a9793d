import { Command } from 'commander';
import { RocadeError } from '../base/index.ts';
import { isDown, type ProcessInfo, type Unchanged } from '../process/index.ts';
import { withHelp } from './help.ts';
import { count } from './numbers.ts';
import { print, toJson } from './output.ts';
import { atSite, siteClient, type SiteFlags, withSite } from './site-client.ts';

/** `rocade restart`: starts processes again, or for the first time. */
export function restartCommand(): Command {
  return withHelp(withSite(new Command('restart')), { examples: ['rocade restart posts'] })
    .description(
      'stop processes of a site that runs, and start them again, one after the other; start those that do not run; wait until each is ready',
    )
    .argument('<process...>', 'names, such as posts, or posts.2 for one of several')
    .action(async (names: readonly string[], flags: SiteFlags) => {
      await atSite(flags, async (client) => {
        for (const name of names) {
          const restarted = await client.call<readonly ProcessInfo[]>('rocade.process.restart', [name], { timeout: 0 });
          tell(
            flags,
            restarted.filter((one) => !isDown(one)),
            (up) => up.map(({ process: id, state }) => `${id}: ${state}.`),
          );
          assertUp(restarted);
        }
      });
    });
}

/** `rocade scale`: more processes of a kind, or fewer. */
export function scaleCommand(): Command {
  return withHelp(withSite(new Command('scale')), { examples: ['rocade scale resize 4'] })
    .description('run so many processes of a kind, until the configuration is read again')
    .argument('<process>', 'a name, such as posts')
    .argument('<count>', 'how many', count)
    .allowExcessArguments(false)
    .action(async (name: string, wanted: number, flags: SiteFlags) => {
      const processes = await atSite(flags, (client) =>
        client.call<readonly ProcessInfo[]>('rocade.process.scale', [name, wanted], { timeout: 0 }),
      );
      tell(flags, processes, () => [`${name}: ${wanted === 1 ? 'one process' : `${wanted} processes`}.`]);
      assertUp(processes);
    });
}

/** `rocade stop`: the whole site, or some of its processes. */
export function stopCommand(): Command {
  return withHelp(withSite(new Command('stop')), {
    examples: ['rocade stop', 'rocade stop --config site/rocade.json', 'rocade stop posts'],
  })
    .description('stop a site that runs, or some of its processes')
    .argument('[process...]', 'names; default: the whole site')
    .action(async (names: readonly string[], flags: SiteFlags) => {
      if (names.length === 0) {
        const stopped = await stopSite(flags);
        tell(flags, { stopped }, () => ['The site has stopped.']);
        return;
      }
      await atSite(flags, async (client) => {
        for (const name of names) {
          await client.call('rocade.process.stop', [name], { timeout: 0 });
          if (!flags.json) print(`${name}: stopped.`);
        }
        if (flags.json) print(toJson({ stopped: names }));
      });
    });
}

/** Its manager says goodbye to everybody at the very end. Resolves with the names of what ran. */
async function stopSite(flags: SiteFlags): Promise<readonly string[]> {
  const client = await siteClient(flags);
  const { closed } = client;
  const processes = await client.call<readonly ProcessInfo[]>('rocade.process.list');
  await client.call('rocade.site.stop');
  await closed;
  return processes.map(({ process: id }) => id);
}

function tell<T>({ json }: SiteFlags, outcome: T, lines: (outcome: T) => readonly string[]): void {
  for (const line of json ? [toJson(outcome)] : lines(outcome)) print(line);
}

/** `rocade reload`: applies what has changed in the configuration. */
export function reloadCommand(): Command {
  return withHelp(withSite(new Command('reload')), { examples: ['rocade reload'] })
    .description('read the configuration of a site that runs again, and restart only what has changed in it')
    .allowExcessArguments(false)
    .action(async (flags: SiteFlags) => {
      const reloaded = await atSite(flags, (client) => client.call<Reloaded>('rocade.site.reload', [], { timeout: 0 }));
      tell(flags, reloaded, ({ changed }) => [
        changed.length === 0 ? 'Nothing has changed.' : `Changed: ${changed.join(', ')}.`,
      ]);
      assertUp(reloaded.processes, reloaded.unchanged);
    });
}

interface Reloaded {
  readonly changed: readonly string[];
  /** What goes on as before, and the process that did not come up in its place. */
  readonly unchanged: readonly Unchanged[];
  readonly processes: readonly ProcessInfo[];
}

/** What was started is not ready, and does not become so by itself at once. */
class NotReadyError extends RocadeError {
  override readonly name = 'NotReadyError';
  readonly code = 'not_ready';
}

function assertUp(processes: readonly ProcessInfo[], unchanged: readonly Unchanged[] = []): void {
  const sentences = [
    ...unchanged.map(
      ({ name, because: { process: id, state, reason = state } }) => `${name} goes on as before: ${id}: ${reason}`,
    ),
    ...processes
      .filter(isDown)
      .map(({ process: id, state, reason }) => `${id}: ${reason ? `${state}: ${reason}` : state}`),
  ];
  if (sentences.length > 0) throw new NotReadyError(sentences.join('\n'));
}
