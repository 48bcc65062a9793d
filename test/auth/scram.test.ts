import {
  type AuthMethod,
  crossbarScram,
  crossbarScramChallenge,
  crossbarScramRecord,
  scram,
  scramChallenge,
  scramDecoy,
  type ScramRecord,
  scramRecord,
  verifyCrossbarScram,
  verifyScram,
} from 'rocade/auth';
import type { Dict } from 'rocade/protocol';
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { flipped, REFUSED_WITHIN_MS, refusal } from './hostile.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Lets the next nonce be this one. */
const nonceWillBe = (base64: string): void => {
  vi.spyOn(crypto, 'getRandomValues').mockReturnValueOnce(new Uint8Array(Buffer.from(base64, 'base64')));
};

const costs = { kdf: 'pbkdf2', iterations: 4096 } as const;
const salt = new Uint8Array(Buffer.from('0123456789abcdef'));
let record: ScramRecord;
beforeAll(async () => {
  record = await scramRecord({ password: 'pencil', ...costs, salt });
});

const alice = (password: string | (() => string | Promise<string>) = 'pencil') => scram({ authid: 'alice', password });
const hello = (method: AuthMethod): Dict => method.authextra?.() ?? {};

/** One login up to AUTHENTICATE. */
async function answered(method: AuthMethod, kept: ScramRecord = record) {
  const authextra = hello(method);
  const challenge = scramChallenge({ record: kept, authextra });
  const answer = await method.answer(challenge);
  return { record: kept, authid: 'alice', authextra, challenge, answer };
}

describe("RFC 7677's exchange, whose results the specification's example shows", () => {
  const first = 'rOprNGfwEbeRWgbNEkqO';
  const nonce = `${first}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`;
  const challenge = { nonce, salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', kdf: 'pbkdf2', iterations: 4096, memory: null };
  const signature = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
  const verifier = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

  test('the client', async () => {
    const method = scram({ authid: 'user', password: 'pencil' });
    nonceWillBe(first);
    expect(hello(method)).toEqual({ nonce: first });
    expect(await method.answer(challenge)).toEqual({
      signature,
      extra: { nonce, channel_binding: null, cbind_data: null },
    });
    method.verify?.({ authextra: { verifier } });
  });

  test('the router', async () => {
    const kept = await scramRecord({
      password: 'pencil',
      ...costs,
      salt: new Uint8Array(Buffer.from(challenge.salt, 'base64')),
    });
    expect(kept).toEqual({
      ...costs,
      salt: challenge.salt,
      storedKey: 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=',
      serverKey: 'wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    });
    const check = { record: kept, authid: 'user', authextra: { nonce: first }, challenge };
    expect(verifyScram({ ...check, answer: { signature, extra: { nonce } } })).toEqual({ verifier });
  });
});

describe('keys', () => {
  test("agree with Node's own cryptography", async () => {
    const salted = pbkdf2Sync('pencil', salt, 4096, 32, 'sha256');
    const clientKey = createHmac('sha256', salted).update('Client Key').digest();
    expect(record.storedKey).toBe(createHash('sha256').update(clientKey).digest('base64'));
    expect(record.serverKey).toBe(createHmac('sha256', salted).update('Server Key').digest('base64'));
  });

  // As the reference implementation of Argon2 and autobahn-python make them.
  const argon2 = { password: 'pencil', kdf: 'argon2id13', iterations: 2, memory: 8192, salt } as const;

  test('of Argon2id are those of the reference implementation', async () => {
    expect(await scramRecord(argon2)).toEqual({
      kdf: 'argon2id13',
      iterations: 2,
      memory: 8192,
      salt: 'MDEyMzQ1Njc4OWFiY2RlZg==',
      storedKey: 'YoxAuYq3pnQeq+txh63AmjWESfalIvzNYZzIKci3Y4k=',
      serverKey: 'tQZYGYiUXnKFwJIbO/lR7YeXbsKdDumG7KIEKZONikg=',
    });
  });

  test("of Crossbar.io's variant are those of autobahn-python", async () => {
    expect(await crossbarScramRecord(argon2)).toEqual({
      kdf: 'argon2id-13',
      iterations: 2,
      memory: 8192,
      salt: '30313233343536373839616263646566',
      'stored-key': '943cea450903db778476e4042472dcd018334add7949654a814c7eaca8770cde',
      'server-key': 'e4c276f0dad2c35fe42fe81c083143714f2980335af816fe41faf487eec7b86f',
    });
  });

  test("and its client signs what autobahn-python's does", async () => {
    const method = crossbarScram({ authid: 'alice', password: 'pencil' });
    nonceWillBe('cm9jYWRlcm9jYWRlcm9jYWRlcm9jYWRl');
    hello(method);
    const nonce = 'cm9jYWRlcm9jYWRlcm9jYWRlcm9jYWRlZmVkY2JhOTg3NjU0MzIxMA==';
    const challenge = { nonce, kdf: 'argon2id-13', salt: 'MDEyMzQ1Njc4OWFiY2RlZg==', iterations: 2, memory: 8192 };
    expect((await method.answer(challenge)).signature).toBe('58fgs5Zc9aYQBapiMdIYUn5oCl7eUj3jAEfPjSR52Z0=');
    const scram_server_signature = 'UdU9YeIrUxZI7sYopm/z8DS7Obm96Ri9a0XJ7kWbsRQ=';
    method.verify?.({ authextra: { scram_server_signature } });
  });
});

describe('Advanced Profile, Salted Challenge Response Authentication: both halves', () => {
  test('the right password is let in, and the router proves itself', async () => {
    const method = alice(async () => 'pencil');
    const proof = verifyScram(await answered(method));
    method.verify?.({ authextra: proof });
    expect(proof?.verifier).toMatch(/^v=.{44}$/);
  });

  test('one object serves one login after the other, each with a nonce of its own', async () => {
    const method = alice();
    const nonces = new Set<unknown>();
    for (let login = 0; login < 3; login++) {
      const exchange = await answered(method);
      nonces.add(exchange.authextra['nonce']);
      method.verify?.({ authextra: verifyScram(exchange) });
    }
    expect(nonces.size).toBe(3);
  });

  test("with Crossbar.io's variant too", async () => {
    const kept = await crossbarScramRecord({ password: 'pencil', ...costs });
    const method = crossbarScram({ authid: 'alice', password: 'pencil' });
    const authextra = hello(method);
    const challenge = crossbarScramChallenge({ record: kept, authextra });
    const answer = await method.answer(challenge);
    const check = { record: kept, authid: 'alice', authextra, challenge };
    method.verify?.({ authextra: verifyCrossbarScram({ ...check, answer }) });
    expect(verifyCrossbarScram({ ...check, authid: 'bob', answer })).toBeUndefined();
    expect(
      verifyCrossbarScram({ ...check, answer: { ...answer, signature: answer.signature.replace(/^./, '_') } }),
    ).toBeUndefined();
  });

  test.each(['Pencil', '', 'pencil '])('%j instead of the password is not let in', async (wrong) => {
    expect(verifyScram(await answered(alice(wrong)))).toBeUndefined();
  });

  test('a name with signs of the signed text is kept apart from it', async () => {
    const authid = 'a,r=b=c';
    const method = scram({ authid, password: 'pencil' });
    const exchange = await answered(method);
    method.verify?.({ authextra: verifyScram({ ...exchange, authid }) });
    expect(verifyScram({ ...exchange, authid: 'a=2Cr=3Db=3Dc' })).toBeUndefined();
  });

  test("another's answer will not do: of another login, user or record, changed in any character, cut or prolonged", async () => {
    const method = alice();
    const [one, other] = [await answered(method), await answered(method)];
    expect(verifyScram(one)).toBeDefined();
    expect(verifyScram({ ...one, answer: other.answer })).toBeUndefined();
    expect(verifyScram({ ...one, challenge: other.challenge })).toBeUndefined();
    expect(verifyScram({ ...one, authextra: other.authextra })).toBeUndefined();
    expect(verifyScram({ ...one, authid: 'bob' })).toBeUndefined();
    expect(verifyScram({ ...one, record: await scramRecord({ password: 'pencil', ...costs }) })).toBeUndefined();
    const { signature, extra = {} } = one.answer;
    for (const wrong of ['', signature.slice(4), `AAAA${signature}`, ...flipped(signature)])
      expect(verifyScram({ ...one, answer: { signature: wrong, extra } })).toBeUndefined();
    for (const wrong of [{ nonce: 'x' }, { nonce: null }, { channel_binding: 'tls-unique' }, { cbind_data: 'AAAA' }])
      expect(verifyScram({ ...one, answer: { signature, extra: { ...extra, ...wrong } } })).toBeUndefined();
  });

  test('what the router keeps does not let a thief in', async () => {
    const exchange = await answered(alice(record.storedKey));
    expect(verifyScram(exchange)).toBeUndefined();
    expect(verifyScram({ ...exchange, answer: { ...exchange.answer, signature: record.storedKey } })).toBeUndefined();
  });

  test.each([undefined, {}, { nonce: 7 }, { nonce: '' }, { nonce: 'a,b' }, { nonce: 'AAAA'.repeat(100) }])(
    'HELLO with %j is no beginning',
    (authextra) => {
      expect(() => scramChallenge({ record, authextra })).toThrow(/authextra\.nonce: expected base64/);
    },
  );

  test('a decoy looks like a record, is the same each time, differs by name, and lets nobody in', async () => {
    const seed = new Uint8Array(32).fill(5);
    const decoy = (authid: string) => scramDecoy({ authid, seed, like: record });
    expect(decoy('nobody')).toEqual(decoy('nobody'));
    expect(decoy('nobody').salt).not.toBe(decoy('somebody').salt);
    expect(Object.values(decoy('nobody')).map((value) => String(value).length)).toEqual(
      Object.values(record).map((value) => String(value).length),
    );
    expect(verifyScram(await answered(alice(), decoy('alice')))).toBeUndefined();
  });
});

describe('the router has to prove that it knows the user', () => {
  test.each([
    ['with v=', (verifier: string) => verifier],
    ['without v=', (verifier: string) => verifier.slice(2)],
  ])('%s', async (_, change) => {
    const method = alice();
    const proof = verifyScram(await answered(method));
    method.verify?.({ authextra: { verifier: change(proof?.verifier ?? '') } });
  });

  test.each<[string, (verifier: string) => Dict]>([
    ['nothing', () => ({})],
    ['no verifier', () => ({ authextra: {} })],
    ['another kind of value', () => ({ authextra: { verifier: 7 } })],
    ['no base64', () => ({ authextra: { verifier: 'v=?' } })],
    ['nothing behind v=', () => ({ authextra: { verifier: 'v=' } })],
    ['a part of it', (verifier) => ({ authextra: { verifier: verifier.slice(0, 6) } })],
    ['one bit wrong', (verifier) => ({ authextra: { verifier: [...flipped(verifier)][10] } })],
  ])('%s is no proof', async (_, welcome) => {
    const method = alice();
    const proof = verifyScram(await answered(method));
    expect(() => method.verify?.(welcome(proof?.verifier ?? ''))).toThrow(/has not proved that it knows this user/);
  });

  test('WELCOME without a challenge is no proof, nor is that of the login before', async () => {
    const method = alice();
    hello(method);
    expect(() => method.verify?.({ authextra: { verifier: 'v=' } })).toThrow(/not proved/);
    const proof = verifyScram(await answered(method));
    method.verify?.({ authextra: proof });
    expect(() => method.verify?.({ authextra: proof })).toThrow(/not proved/);
    hello(method);
    expect(() => method.verify?.({ authextra: proof })).toThrow(/not proved/);
  });
});

describe('hostile challenges', () => {
  const good = { salt: 'AAAAAAAAAAAAAAAAAAAAAA==', kdf: 'pbkdf2', iterations: 4096, memory: null };
  const argon2 = { ...good, kdf: 'argon2id13', iterations: 2, memory: 19_456 };

  test.each<[string, (nonce: string) => Dict, RegExp]>([
    ['nothing', () => ({}), /challenge\.nonce: expected a string, got undefined/],
    ['no salt', (nonce) => ({ ...good, nonce, salt: undefined }), /challenge\.salt: expected base64/],
    ['salt that is no base64', (nonce) => ({ ...good, nonce, salt: 'ä' }), /challenge\.salt: expected base64/],
    ['salt in another form of base64', (nonce) => ({ ...good, nonce, salt: 'AAAAAAAAAAAAAAAAAAAAAB==' }), /salt/],
    ['hardly any salt', (nonce) => ({ ...good, nonce, salt: 'AAAA' }), /salt: expected at least 8/],
    ['no kdf', (nonce) => ({ ...good, nonce, kdf: null }), /challenge\.kdf: expected a string/],
    ['an unknown kdf', (nonce) => ({ ...good, nonce, kdf: 'md5' }), /challenge\.kdf: expected pbkdf2 or argon2id13/],
    ['no rounds', (nonce) => ({ ...good, nonce, iterations: null }), /iterations: expected an integer/],
    ['a billion rounds', (nonce) => ({ ...good, nonce, iterations: 1e9 }), /iterations: .* to 1000000/],
    ['few rounds', (nonce) => ({ ...good, nonce, iterations: 4095 }), /4095 rounds of PBKDF2 are too weak/],
    [
      'rounds that are no number',
      (nonce) => ({ ...good, nonce, iterations: '4096' }),
      /iterations: expected an integer/,
    ],
    ['no memory', (nonce) => ({ ...argon2, nonce, memory: null }), /memory: expected an integer/],
    ['a terabyte of memory', (nonce) => ({ ...argon2, nonce, memory: 2 ** 30 }), /memory: .* to 262144/],
    [
      'hardly any memory',
      (nonce) => ({ ...argon2, nonce, memory: 64 }),
      /2 rounds of Argon2id with 64 KiB are too weak/,
    ],
    [
      'many rounds of much memory',
      (nonce) => ({ ...argon2, nonce, memory: 262_144, iterations: 9 }),
      /iterations: .* to 8/,
    ],
    ['the nonce of another', () => ({ ...good, nonce: 'QUFB'.repeat(16) }), /does not continue the one in HELLO/],
    ['nothing added to the nonce', (nonce) => ({ ...good, nonce: nonce.slice(0, 32) }), /does not continue/],
    ['a nonce that says more', (nonce) => ({ ...good, nonce: `${nonce},i=1` }), /nonce: not printable/],
  ])('%s: refused before anything is counted or asked for', { retry: 2 }, async (_, change, text) => {
    const password = vi.fn(() => 'pencil');
    const method = alice(password);
    const { error, tookMs } = await refusal(method, change(`${String(hello(method)['nonce'])}QUFB`));
    expect(error.message).toMatch(text);
    expect(tookMs).toBeLessThan(REFUSED_WITHIN_MS);
    expect(password).not.toHaveBeenCalled();
  });

  test('a second challenge, or one without a HELLO, is refused', async () => {
    const method = alice();
    const challenge = scramChallenge({ record, authextra: hello(method) });
    await method.answer(challenge);
    expect((await refusal(method, challenge)).error.message).toMatch(/without a HELLO/);
    expect((await refusal(alice(), challenge)).error.message).toMatch(/without a HELLO/);
  });

  test("Crossbar.io's variant goes by its own names, and by ASCII", async () => {
    const method = crossbarScram({ authid: 'alice', password: 'pencil' });
    const nonce = `${String(hello(method)['nonce'])}QUFB`;
    expect((await refusal(method, { ...argon2, nonce })).error.message).toContain('argon2id-13');
    expect(() => crossbarScram({ authid: 'älice', password: 'pencil' })).toThrow(/ASCII/);
  });

  test('limits can be set', async () => {
    const method = scram({ authid: 'alice', password: 'pencil', maxIterations: 5000, maxMemory: 16_384 });
    for (const [challenge, text] of [
      [{ ...good, iterations: 5001 }, /to 5000/],
      [argon2, /to 16384/],
    ] as const) {
      const nonce = `${String(hello(method)['nonce'])}QUFB`;
      expect((await refusal(method, { ...challenge, nonce })).error.message).toMatch(text);
    }
  });
});
