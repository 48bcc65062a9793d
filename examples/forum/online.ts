// Knows who is here. Run by main.ts, or by hand: npx tsx examples/forum/online.ts
//
// A window can vanish without a word, so the roll is called: every few seconds each window says again that it is here,
// and those that stay silent twice are gone. A window that closes in an orderly way says so at once.
import { type Client, WampError } from 'rocade';
import { runService } from './service.ts';
import { whoIs } from './who-is.ts';

const ROLL_CALL_MS = Number(process.env['ROLL_CALL_MS'] ?? 3000);

interface Window {
  readonly name: string;
  /** Roll calls since it was last heard of. */
  silent: number;
}

/** By token: somebody with two windows is here until both are closed. */
const windows = new Map<string, Window>();

await runService('online', async (client) => {
  await client.register('forum.online.list', () => [...new Set([...windows.values()].map(({ name }) => name))].sort());

  await client.register('forum.online.here', async ([token]) => {
    if (typeof token !== 'string') throw new WampError('forum.error.not_logged_in', ['You are not logged in.']);
    const known = windows.get(token);
    if (known) known.silent = 0;
    else enter(client, token, await whoIs(client, token));
  });

  await client.register('forum.online.leave', ([token]) => leave(client, token));

  const callRoll = (): void => {
    if (!client.session) return;
    for (const [token, window] of windows) if (++window.silent > 2) leave(client, token);
    void client.publish('forum.online.roll_call');
  };
  const timer = setInterval(callRoll, ROLL_CALL_MS);
  client.on('joined', callRoll);
  client.on('closed', () => clearInterval(timer));
  callRoll();
});

function enter(client: Client, token: string, name: string): void {
  if (!isHere(name)) void client.publish('forum.user.online', [name]);
  windows.set(token, { name, silent: 0 });
}

function leave(client: Client, token: string): void {
  const window = windows.get(token);
  if (!window) return;
  windows.delete(token);
  if (!isHere(window.name)) void client.publish('forum.user.offline', [window.name]);
}

function isHere(name: string): boolean {
  return [...windows.values()].some((window) => window.name === name);
}
