import { Argument, Command } from 'commander';
import { crossbarScramRecord, cryptosignKeys, scramRecord, ticketRecord, wampcraRecord } from '../auth/index.ts';
import { UsageError } from '../base/index.ts';
import { readSecret } from './connection.ts';
import { withHelp } from './help.ts';
import { print } from './output.ts';

interface AuthFlags {
  readonly secret?: string;
}

const KINDS = ['key', 'ticket', 'cra', 'scram', 'crossbar-scram'] as const;
type Kind = (typeof KINDS)[number];

/** What a router keeps of a secret, under the name that a principal has for it. */
const RECORDS: { readonly [kind in Exclude<Kind, 'key'>]: (secret: string) => Promise<Record<string, unknown>> } = {
  ticket: async (secret) => ({ ticket: await ticketRecord({ ticket: secret }) }),
  cra: async (secret) => ({ wampcra: await wampcraRecord({ secret }) }),
  scram: async (secret) => ({ scram: await scramRecord({ password: secret }) }),
  'crossbar-scram': async (secret) => ({ crossbarScram: await crossbarScramRecord({ password: secret }) }),
};

/** `rocade auth`: makes keys, and what a router keeps of secrets. */
export function authCommand(): Command {
  return withHelp(new Command('auth'), {
    notes: [
      'Prints JSON, to put among the principals of a realm. Only of a key is what is printed a secret: its privateKey is for ' +
        'the client, or for the router that proves itself.',
    ],
    examples: ['rocade auth key', 'rocade auth scram --secret env:PASSWORD', 'rocade auth ticket --secret @ticket.txt'],
  })
    .description('make a key pair, or what a router keeps of a ticket, secret or password')
    .addArgument(new Argument('<kind>', 'a key for cryptosign, or the method of the secret').choices(KINDS))
    .option('--secret <secret>', 'ticket, secret or password: @file, env:NAME, or itself, which others may see')
    .action(async (kind: Kind, { secret }: AuthFlags) => {
      print(JSON.stringify(await made(kind, secret), undefined, 2));
    });
}

async function made(kind: Kind, secret: string | undefined): Promise<unknown> {
  if (kind === 'key') {
    if (secret === undefined) return cryptosignKeys();
    // The public key of one that is there already.
    return { publicKey: cryptosignKeys(readSecret(secret)).publicKey };
  }
  if (secret === undefined) throw new UsageError(`--secret is missing: ${kind} is made of one`);
  return RECORDS[kind](readSecret(secret));
}
