import { AbortedError, Session, type Welcome } from 'rocade';
import {
  anonymous,
  type AuthAnswer,
  AuthError,
  type AuthMethod,
  cookie,
  crossbarScram,
  crossbarScramChallenge,
  crossbarScramRecord,
  cryptosign,
  cryptosignChallenge,
  cryptosignKeys,
  scram,
  scramChallenge,
  scramRecord,
  ticket,
  verifyCrossbarScram,
  verifyCryptosign,
  verifyScram,
  verifyTicket,
  verifyWampcra,
  wampcra,
  wampcraChallenge,
  wampcraRecord,
} from 'rocade/auth';
import type { Dict, MessageOf } from 'rocade/protocol';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Driven, drive, welcome } from '../client/harness.ts';

/** A secret that must not turn up anywhere, and the same with its first letter changed. */
const SECRET = 'Tr0ub4dor-and-3';
const WRONG = 'Xr0ub4dor-and-3';
const keys = cryptosignKeys();
const router = cryptosignKeys();
const cost = { kdf: 'pbkdf2', iterations: 4096 } as const;
const who = { authid: 'joe', authrole: 'user', authprovider: 'static', session: 1 };

/** What the router knows of one login. */
interface Login {
  readonly authextra: Dict;
  readonly challenge: Dict;
  readonly answer: AuthAnswer;
}

/** A method, and the router that the test plays for it. */
interface Case {
  /** With a secret of one's own: the right one or not. */
  readonly method: (secret: string) => AuthMethod;
  readonly challenge: (authextra: Dict) => Promise<Dict> | Dict;
  /** What goes with WELCOME; undefined when the answer is wrong. */
  readonly check: (login: Login) => Promise<Dict | undefined> | Dict | undefined;
}

const proof = (right: boolean): Dict | undefined => (right ? {} : undefined);
const plain = wampcraRecord({ secret: SECRET, iterations: 1000 });
const kept = scramRecord({ password: SECRET, ...cost });
const keptByCrossbar = crossbarScramRecord({ password: SECRET, ...cost });
/** A private key from a text. */
const seed = (secret: string): Uint8Array => new TextEncoder().encode(secret.padEnd(32, '.'));
const publicKey = cryptosignKeys(seed(SECRET)).publicKey;

const cases: Record<string, Case> = {
  ticket: {
    method: (secret) => ticket({ authid: 'joe', ticket: secret }),
    challenge: () => ({}),
    check: ({ answer }) => proof(verifyTicket({ ticket: SECRET, signature: answer.signature })),
  },
  wampcra: {
    method: (secret) => wampcra({ authid: 'joe', secret }),
    challenge: async () => wampcraChallenge({ record: await plain, ...who }),
    check: async ({ challenge, answer: { signature } }) =>
      proof(verifyWampcra({ record: await plain, challenge: String(challenge['challenge']), signature })),
  },
  'wamp-scram': {
    method: (secret) => scram({ authid: 'joe', password: () => secret }),
    challenge: async (authextra) => scramChallenge({ record: await kept, authextra }),
    check: async ({ challenge, ...login }) =>
      verifyScram({ record: await kept, authid: 'joe', ...login, challenge: challenge as never }),
  },
  scram: {
    method: (secret) => crossbarScram({ authid: 'joe', password: async () => secret }),
    challenge: async (authextra) => crossbarScramChallenge({ record: await keptByCrossbar, authextra }),
    check: async ({ challenge, ...login }) =>
      verifyCrossbarScram({ record: await keptByCrossbar, authid: 'joe', ...login, challenge: challenge as never }),
  },
  cryptosign: {
    method: (secret) => cryptosign({ authid: 'joe', privateKey: seed(secret), routerKey: router.publicKey }),
    challenge: (authextra) => cryptosignChallenge({ authextra, privateKey: router.privateKey }),
    check: ({ challenge, answer: { signature } }) =>
      proof(verifyCryptosign({ publicKey, challenge: challenge as never, signature })),
  },
};

/** A WELCOME that says by which method, and what else the router says. */
function welcomeBy(authmethod: string, authextra: Dict): MessageOf<'WELCOME'> {
  const { details, ...message } = welcome();
  return { ...message, details: { ...details, authmethod, authextra } };
}

interface Opening extends Driven {
  readonly joining: Promise<Welcome>;
  readonly login: Login;
}

/** Joins up to AUTHENTICATE. */
async function authenticated(name: string, secret: string): Promise<Opening> {
  const { method, challenge: challengeOf } = cases[name] as Case;
  const driven = drive({ auth: [method(secret)] });
  const joining = driven.session.join();
  joining.catch(() => {});
  const { details } = driven.channel.take('HELLO');
  const authextra = (details.authextra ?? {}) as Dict;
  const challenge = await challengeOf(authextra);
  driven.channel.deliver({ type: 'CHALLENGE', authmethod: name, extra: challenge });
  const { signature, extra } = await driven.channel.next('AUTHENTICATE');
  return { ...driven, joining, login: { authextra, challenge, answer: { signature, extra } } };
}

describe.each(Object.keys(cases))('a session by %s', (name) => {
  const { method, check } = cases[name] as Case;

  test('joins with the right secret', async () => {
    const { channel, joining, session, login } = await authenticated(name, SECRET);
    const authextra = await check(login);
    expect(authextra).toBeDefined();
    channel.deliver(welcomeBy(name, authextra ?? {}));
    expect(await joining).toMatchObject({ authmethod: name });
    expect(session).toBeInstanceOf(Session);
  });

  test('does not join with a wrong one, and says what the router said', async () => {
    const { channel, joining, login } = await authenticated(name, WRONG);
    expect(await check(login)).toBeUndefined();
    channel.deliver({ type: 'ABORT', details: {}, reason: 'wamp.error.authentication_failed' });
    await expect(joining).rejects.toThrow(AbortedError);
    await expect(joining).rejects.toMatchObject({ uri: 'wamp.error.authentication_failed' });
  });

  test("the signature of one session is no good in another's", async () => {
    const [one, other] = [await authenticated(name, SECRET), await authenticated(name, SECRET)];
    const stolen = await check({ ...other.login, answer: one.login.answer });
    // A ticket is what it is: the same for everybody who has it.
    expect(stolen).toEqual(name === 'ticket' ? {} : undefined);
  });

  test.each([[{}], [{ challenge: 7, nonce: 7 }], [{ challenge: null, nonce: null }]])(
    'a challenge of %j settles at once, and shows no secret',
    async (extra) => {
      const { session, channel, errors, endings } = drive({ auth: [method(SECRET)] });
      const joining = session.join();
      channel.take('HELLO');
      channel.deliver({ type: 'CHALLENGE', authmethod: name, extra });
      if (name === 'ticket') {
        await channel.next('AUTHENTICATE');
        channel.deliver(welcomeBy('ticket', {}));
        await joining;
        return;
      }
      await expect(joining).rejects.toThrow(AuthError);
      const { details, reason } = await channel.next('ABORT');
      expect(reason).toBe('wamp.error.authentication_failed');
      const shown = inspect([details, errors, endings, session, await joining.catch((error) => error)], { depth: 9 });
      expect(shown).toContain('challenge');
      expect(shown).not.toContain(SECRET);
    },
  );

  test('nothing that is looked at, logged or sent shows the secret', async () => {
    const object = method(SECRET);
    const { channel, session, login } = await authenticated(name, SECRET);
    const { signature, ...rest } = login.answer;
    const sent = channel.sent.map((message) => ('signature' in message ? { ...message, signature: '' } : message));
    const shown = [
      inspect(object, { depth: 9, showHidden: true }),
      JSON.stringify(object),
      inspect(session, { depth: 9, showHidden: true }),
      inspect([sent, login.challenge, rest]),
    ].join('\n');
    expect(shown).not.toContain(SECRET);
    if (name !== 'ticket') expect(signature).not.toContain(SECRET);
    const { privateKey } = cryptosignKeys(seed(SECRET));
    expect(shown + signature).not.toContain(privateKey);
  });
});

describe('the router has to prove itself', () => {
  test.each(['wamp-scram', 'scram', 'cryptosign'])('a WELCOME by %s without a challenge is refused', async (name) => {
    const { session, channel } = drive({ auth: [(cases[name] as Case).method(SECRET)] });
    const joining = session.join();
    channel.take('HELLO');
    channel.deliver(welcomeBy(name, {}));
    await expect(joining).rejects.toThrow(/has not proved/);
    expect(channel.take('ABORT').reason).toBe('wamp.error.authentication_failed');
  });

  test.each(['wamp-scram', 'scram'])('a WELCOME by %s without its proof is refused', async (name) => {
    const { channel, joining } = await authenticated(name, SECRET);
    channel.deliver(welcomeBy(name, {}));
    await expect(joining).rejects.toThrow(/has not proved/);
    expect(channel.take('ABORT').reason).toBe('wamp.error.authentication_failed');
  });
});

test.each([
  (fail: () => string) => ticket({ authid: 'joe', ticket: fail }),
  (fail: () => string) => wampcra({ authid: 'joe', secret: fail }),
  (fail: () => string) => scram({ authid: 'joe', password: fail }),
])('what the function of a secret throws stays here: the router is told that it failed, not why', async (method) => {
  const cause = new Error(`no entry for ${SECRET}`);
  const object = method(() => {
    throw cause;
  });
  const { session, channel } = drive({ auth: [object] });
  const joining = session.join();
  const authextra = channel.take('HELLO').details.authextra as Dict;
  const extra = object.name === 'wamp-scram' ? scramChallenge({ record: await kept, authextra }) : { challenge: '{}' };
  channel.deliver({ type: 'CHALLENGE', authmethod: object.name, extra });
  await expect(joining).rejects.toMatchObject({ name: 'AuthError', cause });
  const { details } = await channel.next('ABORT');
  expect(details.message).toMatch(/: the function that gives it failed$/);
});

describe('several methods', () => {
  test('are offered in order, what each says goes with HELLO, and the router chooses', async () => {
    const auth = [
      cookie(),
      cryptosign({ privateKey: keys.privateKey }),
      scram({ authid: 'joe', password: SECRET }),
      ticket({ authid: 'joe', ticket: SECRET }),
      anonymous(),
    ];
    const { session, channel } = drive({ auth });
    const joining = session.join();
    const { details } = channel.take('HELLO');
    expect(details).toMatchObject({
      authmethods: ['cookie', 'cryptosign', 'wamp-scram', 'ticket', 'anonymous'],
      authid: 'joe',
      authextra: { pubkey: keys.publicKey, nonce: expect.stringMatching(/^.{32}$/) },
    });
    channel.deliver({ type: 'CHALLENGE', authmethod: 'ticket', extra: {} });
    expect((await channel.next('AUTHENTICATE')).signature).toBe(SECRET);
    channel.deliver(welcomeBy('ticket', {}));
    expect(await joining).toMatchObject({ authmethod: 'ticket' });
  });

  test.each([anonymous({ authid: 'guest' }), cookie()])('$name joins without a challenge', async (method) => {
    const { session, channel } = drive({ auth: [method] });
    const joining = session.join();
    expect(channel.take('HELLO').details.authid).toBe(method.authid);
    channel.deliver(welcomeBy(method.name, {}));
    expect(await joining).toMatchObject({ authmethod: method.name });
  });

  test.each([anonymous(), cookie()])('and $name has no answer to one', async (method) => {
    const { session, channel } = drive({ auth: [method] });
    const joining = session.join();
    channel.take('HELLO');
    channel.deliver({ type: 'CHALLENGE', authmethod: method.name, extra: {} });
    await expect(joining).rejects.toThrow(`${method.name}: the router sent a challenge, and this method has no answer`);
  });
});

test('they need nothing of WebCrypto but random numbers, which pages without TLS have too', async () => {
  const whole = crypto;
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'crypto') as PropertyDescriptor;
  const randomOnly = { getRandomValues: (into: Uint8Array<ArrayBuffer>) => whole.getRandomValues(into) };
  Object.defineProperty(globalThis, 'crypto', { configurable: true, value: randomOnly });
  try {
    for (const [name, { check }] of Object.entries(cases))
      expect(await check((await authenticated(name, SECRET)).login)).toBeDefined();
  } finally {
    Object.defineProperty(globalThis, 'crypto', descriptor);
  }
});
