// Who is who: checks passwords and hands out tokens. Run by main.ts, or by hand: npx tsx examples/forum/login.ts
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { WampError } from 'rocade';
import { runService } from './service.ts';
import type { Login } from './types.ts';

/** What is kept of a password. */
interface Account {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const hashOf = promisify<string, Buffer, number, Buffer>(scrypt);

const accounts = new Map<unknown, Account>([
  ['alice', await account('wonderland')],
  ['bob', await account('builder')],
  ['carol', await account('christmas')],
]);

/** Token → name. A token is one login of one window. */
const names = new Map<unknown, string>();

await runService('login', async (client) => {
  await client.register('forum.login', async ([name, password]): Promise<Login> => {
    if (!(await matches(accounts.get(name), password))) {
      throw new WampError('forum.error.wrong_password', ['This name and this password do not belong together.']);
    }
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

async function account(password: string): Promise<Account> {
  const salt = randomBytes(16);
  return { salt, hash: await hashOf(password, salt, 32) };
}

async function matches(wanted: Account | undefined, password: unknown): Promise<boolean> {
  if (!wanted || typeof password !== 'string' || password.length > 100) return false;
  return timingSafeEqual(await hashOf(password, wanted.salt, 32), wanted.hash);
}
