// Knows who is here: the windows that have said whose they are, until the router tells that their session has ended.
import type { Client } from 'rocade';
import { service } from './service.ts';
import { whoIs } from './who-is.ts';

/** By session: somebody with two windows is here until both are gone. */
const windows = new Map<number, string>();

export default service('online', async (client) => {
  await client.subscribe('wamp.session.on_leave', ([session]) => leave(client, session as number));

  await client.register('forum.online.list', () => [...new Set(windows.values())].sort());

  await client.register('forum.online.here', async ([token], { caller }) => {
    if (caller === undefined || windows.has(caller)) return;
    const name = await whoIs(client, token);
    // It may have gone while that was found out, and nobody would tell again.
    if ((await client.call('wamp.session.list')).includes(caller)) enter(client, caller, name);
  });

  await client.register('forum.online.leave', (_args, { caller }) => {
    if (caller !== undefined) leave(client, caller);
  });

  // Another router, or the same one anew: other sessions.
  client.on('left', () => windows.clear());
});

function enter(client: Client, session: number, name: string): void {
  if (!isHere(name)) void client.publish('forum.user.online', [name]);
  windows.set(session, name);
}

function leave(client: Client, session: number): void {
  const name = windows.get(session);
  if (name === undefined) return;
  windows.delete(session);
  if (!isHere(name)) void client.publish('forum.user.offline', [name]);
}

function isHere(name: string): boolean {
  return [...windows.values()].includes(name);
}
