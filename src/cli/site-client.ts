import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { UsageError } from '../base/index.ts';
import { Client, ConnectError, json, TimeoutError, WampError } from '../index.ts';
import { rawSocket } from '../node/index.ts';
import { MANAGEMENT_REALM, placesOf } from '../process/index.ts';

export interface SiteFlags {
  readonly config: string;
  readonly json?: boolean;
}

/** Says which site is meant, that of a configuration file, and how to answer. */
export function withSite(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the configuration of the site', 'rocade.json')
    .option('--json', 'write JSON, errors too');
}

/** The manager is on this machine, and has little to do. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Connects to the manager of a site that runs, as the user who started it. */
export async function siteClient({ config }: SiteFlags): Promise<Client> {
  const { control } = placesOf(config);
  try {
    const client = new Client(rawSocket(`unix:${control}`), {
      realm: MANAGEMENT_REALM,
      serializers: [json()],
      retry: false,
      timeout: ANSWER_TIMEOUT_MS,
    });
    await client.open();
    return client;
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const { code } = (error.cause ?? {}) as { readonly code?: string };
    if (code === 'timeout')
      throw new TimeoutError(
        `the manager of the site of '${config}' does not answer within ${ANSWER_TIMEOUT_MS / 1000} seconds; it has been stopped (SIGSTOP), or the machine is too busy`,
      );
    if (code === 'EACCES')
      throw new UsageError(`the site of '${config}' belongs to another user, who alone may manage it`);
    if (!existsSync(config)) throw new UsageError(`there is no file '${config}'; say which site is meant (--config)`);
    throw new UsageError(`the site of '${config}' does not run; \`rocade start ${config}\` starts it`);
  }
}

/** Does something with the manager of a site, and lets go of it. */
export async function atSite<T>(flags: SiteFlags, act: (client: Client) => Promise<T>): Promise<T> {
  await using client = await siteClient(flags);
  try {
    return await act(client);
  } catch (error) {
    // Its sentence is all that matters here: what was named is not there, or the file has a mistake.
    if (error instanceof WampError && typeof error.args[0] === 'string') throw new UsageError(error.args[0]);
    throw error;
  }
}
