import { type AuthMethod, type Client, connect, type Connector } from 'rocade';
import {
  cookie,
  crossbarScram,
  crossbarScramRecord,
  cryptosign,
  cryptosignKeys,
  scram,
  scramRecord,
  ticket,
  ticketRecord,
  wampcra,
  wampcraRecord,
} from 'rocade/auth';
import { startRouter, webSocket } from 'rocade/node';
import type { AuthOptions, Principal } from 'rocade/router';
import { fakeClock, recordingChannel } from 'rocade/testing';
import { createHmac, pbkdf2Sync } from 'node:crypto';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Evidence, type Trace, tracesOf } from './evidence.ts';

const hmac = (key: string | Uint8Array, text: string): Uint8Array => createHmac('sha256', key).update(text).digest();
const salt = new Uint8Array(16).fill(0x5a);

/** A way to log in: what both sides have of it, and all that must not be seen of that. */
interface Way {
  readonly method: (authid: string, secret: () => string) => AuthMethod;
  readonly principal: (secret: string) => Promise<Omit<Principal, 'role'>>;
  readonly right: string;
  readonly wrong: string;
  readonly derived: (secret: string) => readonly (string | Uint8Array)[];
  /** What a router says that makes no sense, or too much of it. */
  readonly challenges: readonly object[];
}

const scramKeys = (password: string): readonly Uint8Array[] => {
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  return [salted, clientKey, hmac(salted, 'Server Key')];
};
const scramChallenges = [
  {},
  { nonce: 'abc', salt: 'x' },
  { nonce: 7 },
  { nonce: 'a', salt: 'AAAA', kdf: 'md5', iterations: 1 },
];
const byText = { right: 'Zk8-right-one-Qw51', wrong: 'Jx3-wrong-one-Vb92' };
const pair = cryptosignKeys();

const ways: Readonly<Record<string, Way>> = {
  ticket: {
    ...byText,
    method: (authid, secret) => ticket({ authid, ticket: secret }),
    principal: async (secret) => ({ ticket: secret }),
    derived: () => [],
    challenges: [],
  },
  'ticket, hashed': {
    ...byText,
    method: (authid, secret) => ticket({ authid, ticket: secret }),
    principal: async (secret) => ({ ticket: await ticketRecord({ ticket: secret, iterations: 10, salt }) }),
    derived: (secret) => [pbkdf2Sync(secret, salt, 10, 32, 'sha256')],
    challenges: [],
  },
  wampcra: {
    ...byText,
    method: (authid, secret) => wampcra({ authid, secret }),
    principal: async (secret) => ({ wampcra: secret }),
    derived: () => [],
    challenges: [{}, { challenge: 7 }, { challenge: 'x', salt: 7 }, { challenge: 'x', salt: 's', iterations: 1e9 }],
  },
  'wampcra, salted': {
    ...byText,
    method: (authid, secret) => wampcra({ authid, secret }),
    principal: async (secret) => ({ wampcra: await wampcraRecord({ secret, salt: 'salt123', iterations: 10 }) }),
    derived: (secret) => [pbkdf2Sync(secret, 'salt123', 10, 32, 'sha256').toString('base64')],
    challenges: [],
  },
  scram: {
    ...byText,
    method: (authid, password) => scram({ authid, password }),
    principal: async (password) => ({ scram: await scramRecord({ password, kdf: 'pbkdf2', iterations: 4096, salt }) }),
    derived: scramKeys,
    challenges: scramChallenges,
  },
  'crossbar-scram': {
    ...byText,
    method: (authid, password) => crossbarScram({ authid, password }),
    principal: async (password) => ({
      crossbarScram: await crossbarScramRecord({ password, kdf: 'pbkdf2', iterations: 4096, salt }),
    }),
    derived: scramKeys,
    challenges: scramChallenges,
  },
  cryptosign: {
    right: pair.privateKey,
    wrong: cryptosignKeys().privateKey,
    method: (authid, secret) => cryptosign({ authid, privateKey: secret() }),
    principal: async (secret) => ({ cryptosign: cryptosignKeys(secret).publicKey }),
    derived: (secret) => [Buffer.from(secret, 'hex')],
    challenges: [{}, { challenge: 'zz' }, { challenge: 'ab'.repeat(32), channel_binding: 'tls-unique' }],
  },
};

const tracesOfWay = ({ right, wrong, derived }: Way): Trace[] =>
  [right, wrong].flatMap((secret) => [
    ...tracesOf(secret === right ? 'the right secret' : 'the wrong secret', secret),
    ...derived(secret).flatMap((value) => tracesOf('what is derived of it', value)),
  ]);

let evidence: Evidence;
beforeEach(() => {
  evidence = new Evidence();
  for (const name of ['error', 'warn', 'log', 'info'] as const)
    vi.spyOn(console, name).mockImplementation((...args) => evidence.add(`console.${name}`, args));
});
afterEach(() => vi.restoreAllMocks());

/** Joins, and gives all that this shows as evidence. */
async function login(target: Connector | string, auth: readonly AuthMethod[]): Promise<Client | undefined> {
  const options = { auth, retry: false } as const;
  evidence.add('the options of connect', options);
  const told = (event: string) => (detail?: unknown) => evidence.add(`event ${event}`, detail);
  const events = ['error', 'connecting', 'open', 'joined', 'left', 'reconnecting', 'closed'] as const;
  const on = Object.fromEntries(events.map((event) => [event, told(event)]));
  try {
    const client = await connect(target, { ...options, on });
    evidence.add('the client', client);
    evidence.add('its session', [client.session, client.session?.welcome]);
    return client;
  } catch (error) {
    evidence.add('why connect failed', error);
    return undefined;
  }
}

/** A router that knows alice, and somebody there who may ask everything. */
async function stage(way: Way) {
  const auth: AuthOptions = {
    cookie: {},
    principals: { alice: { role: 'user', ...(await way.principal(way.right)) } },
  };
  const node = await startRouter({
    listen: 'ws://127.0.0.1:0',
    realms: [{ name: 'realm1', auth }],
    onError: (error) => evidence.add('onError of the router', error),
  });
  const watcher = await connect(node.router.connect(), { retry: false });
  for (const topic of ['wamp.session.on_join', 'wamp.session.on_leave'])
    await watcher.subscribe(topic, (args, event) => evidence.add(topic, [args, event]));
  const look = async () => {
    evidence.add('the router', [node, node.router, node.router.stats, node.router.counts('realm1')]);
    for (const id of await watcher.call<number[]>('wamp.session.list'))
      evidence.add('wamp.session.get', await watcher.call('wamp.session.get', [id]));
  };
  return { node, look };
}

describe.each(Object.entries(ways))('%s: nothing secret is seen', (_, way) => {
  test('when the secret is right, when it is wrong, and when nobody has that name', async () => {
    const { node, look } = await stage(way);
    try {
      const known = await login(node.url, [way.method('alice', () => way.right)]);
      expect(known?.session?.welcome.authid).toBe('alice');
      await look();
      await known?.close();
      evidence.add('the client, closed', [known, await known?.closed]);
      expect(await login(node.url, [way.method('alice', () => way.wrong)])).toBeUndefined();
      expect(await login(node.url, [way.method('mallory', () => way.right)])).toBeUndefined();
      await look();
    } finally {
      await node.close();
    }
    expect(evidence.size).toBeGreaterThan(100);
    expect(evidence.leaksOf(tracesOfWay(way))).toEqual([]);
  });

  test('when the router asks what makes no sense, breaks off, refuses or stays silent', async () => {
    const { name } = way.method('alice', () => way.right);
    for (const extra of [...way.challenges, undefined]) {
      for (const end of ['abort', 'lose', 'silence', 'garbage'] as const) {
        const channel = recordingChannel();
        const clock = fakeClock();
        const client = new Promise<void>((resolve) => {
          const auth = [way.method('alice', () => way.right)];
          void connect(async () => channel, { auth, retry: false, clock }).then(
            () => resolve(),
            (error: unknown) => {
              evidence.add(`refused after ${JSON.stringify(extra)} and ${end}`, error);
              resolve();
            },
          );
        });
        await channel.next('HELLO');
        if (extra) channel.deliver({ type: 'CHALLENGE', authmethod: name, extra: { ...extra } });
        if (end === 'abort') channel.deliver({ type: 'ABORT', details: {}, reason: 'wamp.error.not_authorized' });
        else if (end === 'lose') channel.lose();
        else if (end === 'garbage') channel.violate();
        else clock.advance(60_000);
        await client;
        evidence.add('how the connection was closed', [
          channel.closedWith,
          channel.sent.filter(({ type }) => type === 'ABORT'),
        ]);
      }
    }
    expect(evidence.leaksOf(tracesOfWay(way))).toEqual([]);
  });
});

test('a cookie that lets in is not seen, nor the ticket that it was given for', async () => {
  const way = ways['ticket'] as Way;
  const cookies = new Map<string, string>();
  const { node, look } = await stage(way);
  try {
    const target = webSocket(node.url, { cookies });
    for (const auth of [[cookie(), way.method('alice', () => way.right)], [cookie()]]) {
      const client = await login(target, auth);
      expect(client?.session?.welcome.authid).toBe('alice');
      await look();
      await client?.close();
    }
    const madeUp = new Map([['rocade', 'Kd93-made-up-cookie-Lp20']]);
    expect(await login(webSocket(node.url, { cookies: madeUp }), [cookie()])).toBeUndefined();
    await look();
  } finally {
    await node.close();
  }
  const [value = ''] = cookies.values();
  expect(value).not.toBe('');
  const secrets = [...tracesOf('the cookie', value), ...tracesOf('the made-up one', 'Kd93-made-up-cookie-Lp20')];
  expect(evidence.leaksOf([...secrets, ...tracesOfWay(way)])).toEqual([]);
});

test('a mistake with a secret is told without it', async () => {
  const secret = 'Zk8-right-one-Qw51';
  const refused = async (what: () => unknown) => {
    try {
      await what();
      throw new Error('was taken');
    } catch (error) {
      expect(String(error)).not.toContain('was taken');
      evidence.add('a refusal', error);
    }
  };
  const numbers = [...Buffer.from(secret)];
  await refused(() => ticket({ authid: '', ticket: secret }));
  await refused(() => ticket({ authid: 'alice', ticket: { secret } as never }));
  await refused(() => ticket({ authid: 'alice', ticket: () => numbers as never }).answer({}));
  await refused(() => wampcra({ authid: 'alice', secret: numbers as never }));
  await refused(() => scram({ authid: 'alice', password: [secret] as never }));
  await refused(() => cryptosign({ privateKey: secret }));
  await refused(() => cryptosign({ privateKey: Uint8Array.from(numbers) }));
  await refused(() => scramRecord({ password: `${secret}\u0007`, kdf: 'pbkdf2', iterations: 4096 }));
  await refused(() => crossbarScramRecord({ password: secret, kdf: 'pbkdf2', iterations: -1 }));
  await refused(() => ticketRecord({ ticket: secret, iterations: 0 }));
  for (const principal of [
    secret,
    { ticket: secret },
    { role: 'trusted', ticket: secret },
    { role: 'user', cryptosign: secret },
    { role: 'user', ticket: secret, second: secret },
  ])
    await refused(() => startRouter({ realms: [{ name: 'r', auth: { principals: { alice: principal as never } } }] }));
  const auth = { privateKey: secret, principals: { alice: { role: 'user', cryptosign: pair.publicKey } } };
  const node = await startRouter({
    listen: 'ws://127.0.0.1:0',
    realms: [{ name: 'realm1', auth }],
    onError: (error) => evidence.add('onError', error),
  }).catch((error: unknown) => {
    evidence.add('a refusal', error);
    return undefined;
  });
  await node?.close();
  expect(evidence.leaksOf(tracesOf('it', secret))).toEqual([]);
});

test('a ticket that comes as something else than a text is not sent back', async () => {
  const way = ways['ticket'] as Way;
  const { node } = await stage(way);
  try {
    for (const signature of [7_391_846_205, [way.right], { ticket: way.right }]) {
      const socket = new WebSocket(node.url, ['wamp.2.json']);
      const heard: unknown[] = [];
      socket.on('message', (data: Buffer) => {
        heard.push(JSON.parse(data.toString()));
        if (heard.length === 1) socket.send(JSON.stringify([5, signature, {}]));
      });
      socket.on('open', () =>
        socket.send(JSON.stringify([1, 'realm1', { roles: { caller: {} }, authid: 'alice', authmethods: ['ticket'] }])),
      );
      const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
      expect(heard).toEqual([
        [4, 'ticket', {}],
        [3, { message: 'AUTHENTICATE.signature: expected string' }, 'wamp.error.protocol_violation'],
      ]);
      evidence.add('what is heard', [heard, code, String(reason)]);
    }
  } finally {
    await node.close();
  }
  expect(evidence.leaksOf([...tracesOfWay(way), { name: 'the number', written: '7391846205' }])).toEqual([]);
});

test('what a program finds when it looks for secrets is found: the search itself works', () => {
  const secret = 'Zk8-right-one-Qw51';
  const octets = new Uint8Array(Buffer.from(secret));
  for (const value of [
    secret,
    new Error(`not ${secret}`),
    new Error('x', { cause: new Error('y', { cause: { deep: [{ secret }] } }) }),
    { a: { b: { c: { d: octets } } } },
    Buffer.from(octets),
    [...octets],
    Buffer.from(octets).toString('base64'),
    { hidden: Object.defineProperty({}, 'key', { value: secret, enumerable: false }) },
    new AggregateError([new Error(secret)]),
  ]) {
    const found = new Evidence();
    found.add('here', value);
    expect(found.leaksOf(tracesOf('it', secret)), inspect(value)).not.toEqual([]);
  }
  const nothing = new Evidence();
  nothing.add('here', { text: 'not so' });
  expect(nothing.leaksOf(tracesOf('it', secret))).toEqual([]);
});
