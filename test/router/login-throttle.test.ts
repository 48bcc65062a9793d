import { type AuthMethod, ticket, wampcra } from 'rocade/auth';
import { errorUris } from 'rocade/protocol';
import { type ConnectionInfo, type Limits, Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { limitsOf } from '../../src/router/limits.ts';
import { LoginThrottle } from '../../src/router/login-throttle.ts';
import { joining, refusal } from './logins.ts';
import { ALL_FEATURES, stranger } from './peer.ts';

const LIMIT = errorUris.limitExceeded;
const MINUTE_MS = 60_000;

function scene(limits: Partial<Limits>) {
  const clock = fakeClock();
  const principals = { alice: { role: 'user', ticket: 'right' }, bob: { role: 'user', ticket: 'right' } };
  const realms = ['one', 'two'].map((name) => ({ name, auth: { principals, anonymous: 'guest' } }));
  const router = new Router({ clock, limits, realms });
  const connecting = (method: AuthMethod, peer: string | undefined, realm: string) =>
    joining(router, { realm, auth: [method] }, peer === undefined ? {} : { peer });
  return {
    clock,
    router,
    /** The URI that a guess is refused with. */
    guess: async (authid: string, peer?: string, realm = 'one') =>
      (await refusal(connecting(ticket({ authid, ticket: 'wrong' }), peer, realm))).uri,
    /** What becomes of one who knows. */
    login: async (authid: string, peer?: string, realm = 'one'): Promise<string> => {
      try {
        await (await connecting(ticket({ authid, ticket: 'right' }), peer, realm)).close();
        return 'let in';
      } catch (error) {
        return String((error as { uri?: string }).uri);
      }
    },
  };
}

describe('failed logins of one address', () => {
  test('keep more of them from being heard, for a time, whatever name they give', async () => {
    const { clock, router, guess, login } = scene({ maxFailedLoginsPerAddress: 2 });
    expect([await guess('alice', '10.0.0.1'), await guess('bob', '10.0.0.1')]).toEqual([
      errorUris.authenticationFailed,
      errorUris.authenticationFailed,
    ]);
    expect([await guess('carol', '10.0.0.1'), await login('alice', '10.0.0.1')]).toEqual([LIMIT, LIMIT]);
    expect(await login('alice', '10.0.0.2')).toBe('let in');
    expect(router.stats).toMatchObject({ failedLogins: 4, limits: { maxFailedLoginsPerAddress: 2 } });
    clock.advance(MINUTE_MS / 2);
    expect([await login('alice', '10.0.0.1'), await guess('alice', '10.0.0.1')]).toEqual([
      'let in',
      errorUris.authenticationFailed,
    ]);
    expect(await login('alice', '10.0.0.1')).toBe(LIMIT);
  });

  test('keep who knows the names from being asked about more', async () => {
    const asked: string[] = [];
    const router = new Router({
      clock: fakeClock(),
      limits: { maxFailedLoginsPerAddress: 1 },
      realms: [{ name: 'one', auth: { methods: ['wampcra'], principals: ({ authid }) => void asked.push(authid) } }],
    });
    const guess = (authid: string) =>
      refusal(joining(router, { realm: 'one', auth: [wampcra({ authid, secret: 'wrong' })] }, { peer: '10.0.0.1' }));
    expect([(await guess('alice')).uri, (await guess('bob')).uri]).toEqual([errorUris.authenticationFailed, LIMIT]);
    expect(asked).toEqual(['alice']);
  });

  test('say which limit it was, and when to come back is said by nothing but time', async () => {
    const { clock, router, guess } = scene({ maxFailedLoginsPerAddress: 1 });
    await guess('alice', '10.0.0.1');
    const connection: ConnectionInfo = { peer: '10.0.0.1' };
    const channel = stranger({ accept: (one) => router.accept(one, connection) });
    const details = { roles: ALL_FEATURES, authmethods: ['ticket'], authid: 'alice' };
    channel.deliver({ type: 'HELLO', realm: 'one', details });
    expect(await channel.next('ABORT')).toMatchObject({
      reason: LIMIT,
      details: { message: 'maxFailedLoginsPerAddress: at most 1 may fail in a minute; try again later' },
    });
    expect(channel.closedWith?.code).toBe(1013);
    clock.advance(MINUTE_MS);
    expect(router.stats.timeouts).toBe(0);
  });

  test('count together for all addresses of an IPv6 network', async () => {
    const { guess, login } = scene({ maxFailedLoginsPerAddress: 2 });
    await guess('alice', '2001:db8::1');
    await guess('alice', '2001:db8:0:0:8000::');
    expect(await login('alice', '2001:db8::ffff%eth0')).toBe(LIMIT);
    expect(await login('alice', '2001:db8:0:1::1')).toBe('let in');
    expect(await login('alice', '::ffff')).toBe('let in');
  });

  test.each([undefined, '127.0.0.1', '127.8.8.8', '::1'])('from %s do not count', async (peer) => {
    const { guess, login } = scene({ maxFailedLoginsPerAddress: 1 });
    await guess('alice', peer);
    expect(await login('alice', peer)).toBe('let in');
  });

  test('do not keep out who need not prove anything', async () => {
    const { router, guess } = scene({ maxFailedLoginsPerAddress: 1 });
    await guess('alice', '10.0.0.1');
    const guest = await joining(router, { realm: 'one' }, { peer: '10.0.0.1' });
    expect(guest.session?.welcome.authrole).toBe('guest');
    await guest.close();
  });

  test('that go on at the same time are checked again when they answer', async () => {
    const { router } = scene({ maxFailedLoginsPerAddress: 1 });
    const connection: ConnectionInfo = { peer: '10.0.0.1' };
    const guessers = await Promise.all(
      [1, 2, 3].map(async () => {
        const channel = stranger({ accept: (one) => router.accept(one, connection) });
        const details = { roles: ALL_FEATURES, authmethods: ['ticket'], authid: 'alice' };
        channel.deliver({ type: 'HELLO', realm: 'one', details });
        await channel.next('CHALLENGE');
        return channel;
      }),
    );
    const reasons: string[] = [];
    for (const channel of guessers) {
      channel.deliver({ type: 'AUTHENTICATE', signature: 'wrong', extra: {} });
      reasons.push((await channel.next('ABORT')).reason);
    }
    expect(reasons).toEqual([errorUris.authenticationFailed, LIMIT, LIMIT]);
  });
});

describe('failed logins of one name', () => {
  test('keep it from being heard from new addresses, but not from where it has logged in', async () => {
    const { clock, router, guess, login } = scene({ maxFailedLoginsPerAuthid: 2 });
    expect(await login('alice', '10.0.0.1')).toBe('let in');
    expect([await guess('alice', '10.0.0.2'), await guess('alice', '10.0.0.3')]).toEqual([
      errorUris.authenticationFailed,
      errorUris.authenticationFailed,
    ]);
    expect([await guess('alice', '10.0.0.4'), await login('alice', '10.0.0.5')]).toEqual([LIMIT, LIMIT]);
    expect(await login('alice', '10.0.0.1')).toBe('let in');
    expect([await login('bob', '10.0.0.5'), await login('alice', '10.0.0.5', 'two')]).toEqual(['let in', 'let in']);
    expect(router.stats.limits.maxFailedLoginsPerAuthid).toBe(2);
    clock.advance(MINUTE_MS);
    expect(await login('alice', '10.0.0.5')).toBe('let in');
  });

  test('count from this machine too, where all may come through a proxy', async () => {
    const { guess, login } = scene({ maxFailedLoginsPerAuthid: 1 });
    expect(await login('alice', '127.0.0.1')).toBe('let in');
    await guess('alice', '127.0.0.1');
    expect(await login('alice', '127.0.0.1')).toBe(LIMIT);
  });

  test('count for names that nobody has as for others', async () => {
    const { guess } = scene({ maxFailedLoginsPerAuthid: 1 });
    expect([await guess('nobody', '10.0.0.1'), await guess('nobody', '10.0.0.2')]).toEqual([
      errorUris.authenticationFailed,
      LIMIT,
    ]);
  });
});

test('those who guess with ever new names are remembered by address, however many there are', async () => {
  const { guess } = scene({ maxFailedLoginsPerAddress: 3, maxFailedLoginsPerAuthid: 1 });
  const uris: unknown[] = [];
  for (let index = 0; index < 5; index++) uris.push(await guess(`name${index}`, '10.0.0.1'));
  expect(uris.slice(2)).toEqual([errorUris.authenticationFailed, LIMIT, LIMIT]);
});

test('names that are too long to be anybody’s are not kept', () => {
  const throttle = new LoginThrottle(limitsOf({ maxFailedLoginsPerAuthid: 1 }), fakeClock());
  const limitAfterFailure = (authid: string): unknown => {
    const attempt = { realm: 'one', authid, peer: undefined };
    throttle.failed(attempt);
    return throttle.limitOf(attempt);
  };
  expect([limitAfterFailure('a'.repeat(1024)), limitAfterFailure('a'.repeat(1025))]).toEqual([
    'maxFailedLoginsPerAuthid',
    undefined,
  ]);
});

test('nobody is asked about a name that is too long to be anybody’s', async () => {
  const asked: string[] = [];
  const principals = ({ authid }: { readonly authid: string }) => {
    asked.push(authid.slice(0, 1));
    return { role: 'user', wampcra: 'right' };
  };
  const router = new Router({ realms: [{ name: 'one', auth: { methods: ['wampcra'], principals } }] });
  const login = (authid: string) => joining(router, { realm: 'one', auth: [wampcra({ authid, secret: 'right' })] });
  await (await login('a'.repeat(1024))).close();
  expect((await refusal(login('b'.repeat(1025)))).uri).toBe(errorUris.authenticationFailed);
  expect(asked).toEqual(['a']);
});
