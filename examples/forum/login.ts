// Who is who: lets people in by WAMP-CRA, and hands out tokens to those whom the router has let in.
import { randomBytes } from 'node:crypto';
import { WampError } from 'rocade';
import { wampcraRecord } from 'rocade/auth';
import { service } from './service.ts';
import type { Login } from './types.ts';

/** What is kept of a password: a key that was made of it. */
const accounts = new Map(
  await Promise.all(
    Object.entries({ alice: 'wonderland', bob: 'builder', carol: 'christmas' }).map(
      async ([name, secret]) =>
        [name, await wampcraRecord({ secret, salt: randomBytes(16).toString('base64'), iterations: 1000 })] as const,
    ),
  ),
);

/** Token → name. A token is one login of one window. */
const names = new Map<unknown, string>();

export default service('login', async (client) => {
  // The router asks, and compares: a password never leaves the page.
  await client.register('forum.authenticate', ([_realm, name]: readonly string[]) => {
    const wampcra = accounts.get(name ?? '');
    return wampcra ? { role: 'member', wampcra } : null;
  });

  // Only those whom the router has let in as members may call this, and it says who they are.
  await client.register('forum.login', (_args, { details }): Login => {
    const name = String(details['caller_authid']);
    const token = randomBytes(24).toString('base64url');
    names.set(token, name);
    return { name, token };
  });

  await client.register('forum.logout', ([token]) => names.delete(token));

  // For the other services: they know who somebody is from the token, never from what a page says.
  await client.register('forum.whois', ([token]) => {
    const name = names.get(token);
    if (name === undefined) throw new WampError('forum.error.not_logged_in', ['You are not logged in. Please log in.']);
    return name;
  });
});
