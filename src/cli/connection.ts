import { type Command, Option } from 'commander';
import { readFileSync } from 'node:fs';
import type * as authMethods from '../auth/index.ts';
import { UsageError } from '../base/index.ts';
import { Client, type ClientOptions, type Connector, json, type Serializer } from '../index.ts';
import { InterruptedError } from './exit-codes.ts';
import { milliseconds } from './numbers.ts';
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

// What is large is loaded when it is asked for, so that a command starts soon.
const SERIALIZERS: { readonly [name: string]: () => Promise<Serializer> } = {
  json: async () => json(),
  msgpack: async () => (await import('../serializers/msgpack.ts')).msgpack(),
  cbor: async () => (await import('../serializers/cbor.ts')).cbor(),
};

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

type Methods = typeof authMethods;
type MakeMethod = (methods: Methods, authid: string | undefined, secret: () => string) => authMethods.AuthMethod;

/** Ways to log in by the name that the command line gives them. */
const METHODS: { readonly [name: string]: MakeMethod } = {
  anonymous: ({ anonymous }, authid) => anonymous(authid === undefined ? {} : { authid }),
  cookie: ({ cookie }) => cookie(),
  ticket: ({ ticket }, authid, secret) => ticket({ authid: needed(authid), ticket: secret() }),
  wampcra: ({ wampcra }, authid, secret) => wampcra({ authid: needed(authid), secret: secret() }),
  scram: ({ scram }, authid, secret) => scram({ authid: needed(authid), password: secret() }),
  'crossbar-scram': ({ crossbarScram }, authid, secret) =>
    crossbarScram({ authid: needed(authid), password: secret() }),
  cryptosign: ({ cryptosign }, authid, secret) =>
    cryptosign({ ...(authid !== undefined && { authid }), privateKey: secret() }),
};

/** Adds the options that say where to connect and as whom. */
export function withConnection(command: Command): Command {
  return command
    .option('-u, --url <url>', 'ws://, wss://, tcp:// or tls://host:port, or unix:/path (default: ws://127.0.0.1:9000)')
    .option('-r, --realm <name>', 'realm to join (default: realm1)')
    .addOption(
      known('--auth <method>', 'how to log in, may be repeated (default: anonymous)', METHODS).argParser(collect),
    )
    .option('--authid <name>', 'who this is')
    .option(
      '--secret <secret>',
      'ticket, secret, password or private key: @file, env:NAME, or itself, which others may see',
    )
    .addOption(known('--serializer <name>', 'how messages are written (default: json)', SERIALIZERS))
    .option('--timeout <ms>', 'milliseconds to wait for an answer, 0 for ever (default: 30000)', milliseconds)
    .option('-p, --profile <name>', 'take all of these from a profile; options given here override it')
    .option('--profiles <file>', 'where profiles are (default: ~/.config/rocade/profiles.json)')
    .option('--trace-messages', 'show every message that is sent or received, on standard error')
    .option('--json', 'write JSON, errors too');
}

/** An option with these values; what it is given is looked at later, together with what comes from a profile. */
function known(flags: string, description: string, values: object): Option {
  const option = new Option(flags, description);
  option.argChoices = Object.keys(values);
  return option;
}

/** What the flags, and the profile that they name, come to: where, and the client's options. */
export async function connectionOf(
  flags: ConnectionFlags,
): Promise<{ readonly target: Connector; readonly options: ClientOptions }> {
  const profile = flags.profile === undefined ? {} : readProfile(flags.profile, flags.profiles);
  const { ROCADE_URL } = process.env;
  const given: ConnectionValues = { ...profile, ...flags };
  const { realm, timeout, serializer = 'json' } = given;
  const url = given.url ?? ROCADE_URL ?? 'ws://127.0.0.1:9000';
  const make = Object.hasOwn(SERIALIZERS, serializer) ? SERIALIZERS[serializer] : undefined;
  if (!make)
    throw new UsageError(`unknown serializer '${serializer}'; there are ${Object.keys(SERIALIZERS).join(', ')}`);
  const target = await connectorFor(url);
  const auth = await methodsOf(given);
  return {
    target: flags.traceMessages ? traced(target) : target,
    options: {
      agent: `rocade-cli-${version}`,
      serializers: [await make()],
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
  const { target, options } = await connectionOf(flags);
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

async function connectorFor(url: string): Promise<Connector> {
  if (/^wss?:/i.test(url)) return (await import('../index.ts')).webSocket(url);
  if (/^(tcp|tls|unix):/i.test(url)) return (await import('../node/index.ts')).rawSocket(url);
  throw new UsageError(`expected ws://, wss://, tcp:// or tls://host:port, or unix:/path, got '${url}'`);
}

async function methodsOf({ auth, authid, secret }: ConnectionValues): Promise<authMethods.AuthMethod[] | undefined> {
  if (!auth && secret !== undefined) throw new UsageError('--secret needs --auth, which says how to log in with it');
  if (!auth && authid === undefined) return undefined;
  const methods = await import('../auth/index.ts');
  return (auth ?? ['anonymous']).map((name) => {
    const make = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
    if (!make) throw new UsageError(`unknown way to log in '${name}'; there are ${Object.keys(METHODS).join(', ')}`);
    return make(methods, authid, () => secretOf(name, secret));
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
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`--secret ${secret}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
}
