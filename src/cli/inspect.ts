import { Argument, Command } from 'commander';
import { UsageError } from '../base/index.ts';
import { type Client, type Dict, errorUris, WampError } from '../index.ts';
import { type ConnectionFlags, withClient, withConnection } from './connection.ts';
import { withHelp } from './help.ts';
import { bold, print, table, toJson } from './output.ts';

const WHAT = ['sessions', 'registrations', 'subscriptions'] as const;
type What = (typeof WHAT)[number];

type Row = Readonly<Record<string, unknown>>;

/** `rocade inspect`: what a realm has, as its meta API tells. */
export function inspectCommand(): Command {
  return withHelp(withConnection(new Command('inspect')), {
    examples: ['rocade inspect', "rocade inspect registrations --json | jq -r '.[].uri'"],
  })
    .description('list the sessions, registrations and subscriptions of a realm')
    .addArgument(new Argument('[what]', 'only one of them').choices(WHAT))
    .action(async (what: What | undefined, flags: ConnectionFlags) => {
      const wanted = what === undefined ? WHAT : [what];
      const found = await withClient(flags, async (client) =>
        Object.fromEntries(await Promise.all(wanted.map(async (one) => [one, await listOf(client, one)] as const))),
      );
      if (flags.json) print(toJson(what === undefined ? found : found[what]));
      else print(wanted.map((one) => showList(one, found[one] ?? [])).join('\n\n'));
    });
}

async function listOf(client: Client, what: What): Promise<readonly Row[]> {
  if (what === 'sessions') {
    const ids = await meta<readonly number[]>(client, 'wamp.session.list');
    return described(ids, (id) => meta<Dict>(client, 'wamp.session.get', id));
  }
  const kind = what === 'registrations' ? 'registration' : 'subscription';
  const whose = what === 'registrations' ? 'list_callees' : 'list_subscribers';
  const lists = await meta<Readonly<Record<string, readonly number[]>>>(client, `wamp.${kind}.list`);
  return described(Object.values(lists).flat(), async (id) => {
    const [details, sessions] = await Promise.all([
      meta<Dict>(client, `wamp.${kind}.get`, id),
      meta<readonly number[]>(client, `wamp.${kind}.${whose}`, id),
    ]);
    return { ...details, sessions };
  });
}

/** What goes away between the list and the question is left out. */
async function described(ids: readonly number[], describe: (id: number) => Promise<Row>): Promise<Row[]> {
  const rows = await Promise.all(
    ids.map((id) =>
      describe(id).catch((error: unknown) => {
        if (error instanceof WampError && error.uri.startsWith('wamp.error.no_such_')) return undefined;
        throw error;
      }),
    ),
  );
  return rows.filter((row) => row !== undefined);
}

async function meta<T>(client: Client, procedure: string, ...args: readonly unknown[]): Promise<T> {
  try {
    return await client.call<T>(procedure, args);
  } catch (error) {
    if (error instanceof WampError && error.uri === errorUris.noSuchProcedure)
      throw new UsageError(`this router cannot tell: it has no '${procedure}'`);
    throw error;
  }
}

const COLUMNS: { readonly [what in What]: readonly string[] } = {
  sessions: ['session', 'authid', 'authrole', 'authmethod'],
  registrations: ['uri', 'match', 'invoke', 'sessions'],
  subscriptions: ['uri', 'match', 'sessions'],
};

function showList(what: What, rows: readonly Row[]): string {
  const columns = COLUMNS[what];
  const cells = rows.map((row) => columns.map((column) => cellOf(row[column])));
  return `${bold(`${rows.length} ${what}`)}\n${table([columns, ...cells])}`;
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return Array.isArray(value)
    ? value.join(' ')
    : typeof value === 'object'
      ? toJson(value)
      : String(value as string | number);
}
