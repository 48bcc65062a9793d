import { type Command, InvalidArgumentError } from 'commander';
import { readFileSync } from 'node:fs';
import {
  cookie,
  type AuthMethod,
  anonymous,
  crossbarScram,
  cryptosign,
  scram,
  ticket,
  wampcra,
} from '../auth/index.ts';
import { UsageError } from '../base/index.ts';
import { Client, type ClientOptions, type Connector, json, type Serializer, webSocket } from '../index.ts';
import { rawSocket } from '../node/index.ts';
import { cbor } from '../serializers/cbor.ts';
import { msgpack } from '../serializers/msgpack.ts';
import { InterruptedError } from './exit-codes.ts';
import { type ConnectionValues, readProfile } from './profiles.ts';
import { traced } from './trace-messages.ts';
import { version } from './version.ts';

/** What every command that connects takes. */
export interface ConnectionFlags extends ConnectionValues {
  readonly profile?: string;
  readonly profiles?: string;
  readonly json?: boolean;
  readonly traceMessages?: boolean;
}

const SERIALIZERS: { readonly [name: string]: () => Serializer } = { json, msgpack, cbor };

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Ways to log in by the name that the command line gives them. */
const METHODS: { readonly [name: string]: (authid: string | undefined, secret: () => string) => AuthMethod } = {
  anonymous: (authid) => anonymous(authid === undefined ? {} : { authid }),
  cookie: () => cookie(),
  ticket: (authid, secret) => ticket({ authid: needed(authid), ticket: secret() }),
  wampcra: (authid, secret) => wampcra({ authid: needed(authid), secret: secret() }),
  scram: (authid, secret) => scram({ authid: needed(authid), password: secret() }),
  'crossbar-scram': (authid, secret) => crossbarScram({ authid: needed(authid), password: secret() }),
  cryptosign: (authid, secret) => cryptosign({ ...(authid !== undefined && { authid }), privateKey: secret() }),
};

/** Adds the options that say where to connect and as whom. */
export function withConnection(command: Command): Command {
  return command
    .option('-u, --url <url>', 'ws://, wss://, tcp:// or tls://host:port, or unix:/path (default: ws://127.0.0.1:9000)')
    .option('-r, --realm <name>', 'realm to join (default: realm1)')
    .option(
      '--auth <method>',
      `how to log in, may be repeated: ${Object.keys(METHODS).join(', ')} (default: anonymous)`,
      collect,
    )
    .option('--authid <name>', 'who this is')
    .option(
      '--secret <secret>',
      'ticket, secret, password or private key: @file, env:NAME, or itself, which others may see',
    )
    .option('--serializer <name>', `${Object.keys(SERIALIZERS).join(', ')} (default: json)`)
    .option('--timeout <ms>', 'milliseconds to wait for an answer, 0 for ever (default: 30000)', milliseconds)
    .option('-p, --profile <name>', 'take all of these from a profile; options given here go before it')
    .option('--profiles <file>', 'where profiles are (default: ~/.config/rocade/profiles.json)')
    .option('--trace-messages', 'show every message that is sent or received, on standard error')
    .option('--json', 'write JSON, errors too');
}

/** A whole number of milliseconds, from 0. */
export function milliseconds(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number of milliseconds');
  return Number(text);
}

/** A whole number from 1. */
export function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1');
  return Number(text);
}

/** What the flags, and the profile that they name, come to: where, and the client's options. */
export function connectionOf(flags: ConnectionFlags): { readonly target: Connector; readonly options: ClientOptions } {
  const profile = flags.profile === undefined ? {} : readProfile(flags.profile, flags.profiles);
  const { ROCADE_URL } = process.env;
  const given: ConnectionValues = { ...profile, ...flags };
  const { realm, timeout, serializer = 'json' } = given;
  const url = given.url ?? ROCADE_URL ?? 'ws://127.0.0.1:9000';
  const make = Object.hasOwn(SERIALIZERS, serializer) ? SERIALIZERS[serializer] : undefined;
  if (!make)
    throw new UsageError(`unknown serializer '${serializer}'; there are ${Object.keys(SERIALIZERS).join(', ')}`);
  const target = /^wss?:/.test(url) ? webSocket(url) : rawSocket(url);
  const auth = methodsOf(given);
  return {
    target: flags.traceMessages ? traced(target) : target,
    options: {
      agent: `rocade-cli-${version}`,
      serializers: [make()],
      ...(realm !== undefined && { realm }),
      ...(timeout !== undefined && { timeout }),
      ...(auth && { auth }),
    },
  };
}

/** Connects for one command, without coming back when the connection is lost, lets `work` do it, and says goodbye. */
export async function withClient<T>(
  flags: ConnectionFlags,
  work: (client: Client, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { target, options } = connectionOf(flags);
  const interrupted = new AbortController();
  const client = new Client(target, { ...options, retry: false });
  // A failure is told by whoever waits for it; what nobody waits for is told here.
  client.on('error', (error) => process.stderr.write(`rocade: ${error.message}\n`));
  const interrupt = (): void => {
    interrupted.abort(new InterruptedError('interrupted'));
    // One who presses it again does not want to wait for a goodbye.
    process.once('SIGINT', () => process.exit(130));
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const { signal } = interrupted;
  const untilInterrupted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error)),
  );
  try {
    await Promise.race([client.open(), untilInterrupted]);
    return await Promise.race([work(client, signal), untilInterrupted]);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await client.close();
  }
}

function methodsOf({ auth, authid, secret }: ConnectionValues): AuthMethod[] | undefined {
  if (!auth) {
    if (secret !== undefined) throw new UsageError('--secret needs --auth, which says how to log in with it');
    return authid === undefined ? undefined : [anonymous({ authid })];
  }
  return auth.map((name) => {
    const make = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
    if (!make) throw new UsageError(`unknown way to log in '${name}'; there are ${Object.keys(METHODS).join(', ')}`);
    return make(authid, () => secretOf(name, secret));
  });
}

function needed(authid: string | undefined): string {
  if (authid === undefined) throw new UsageError('--authid is missing: the router has to know who logs in');
  return authid;
}

function secretOf(method: string, secret: string | undefined): string {
  if (secret === undefined) throw new UsageError(`--secret is missing: --auth ${method} needs it`);
  return readSecret(secret);
}

/** What `--secret` stands for. */
export function readSecret(secret: string): string {
  if (secret.startsWith('env:')) {
    const value = process.env[secret.slice(4)];
    if (value === undefined) throw new UsageError(`--secret ${secret}: this variable is not set`);
    return value;
  }
  if (!secret.startsWith('@')) return secret;
  try {
    return readFileSync(secret.slice(1), 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new UsageError(`--secret ${secret}: ${(error as Error).message}`);
  }
}
