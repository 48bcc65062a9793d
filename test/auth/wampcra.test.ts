import {
  ticket,
  verifyTicket,
  verifyWampcra,
  wampcra,
  wampcraChallenge,
  wampcraDecoy,
  wampcraRecord,
} from 'rocade/auth';
import { createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { flipped, REFUSED_WITHIN_MS, refusal } from './hostile.ts';

const who = { authid: 'alice', authrole: 'user', authprovider: 'static', session: 7 };
const challenge = '{"session":1}';
const alice = (secret: string | (() => string | Promise<string>)) => wampcra({ authid: 'alice', secret });

describe('Advanced Profile, Ticket-based Authentication', () => {
  test('the ticket is the signature', async () => {
    const method = ticket({ authid: 'joe', ticket: 'secret!!!' });
    expect([method.name, method.authid, await method.answer({})]).toEqual([
      'ticket',
      'joe',
      { signature: 'secret!!!' },
    ]);
  });

  test('a function is asked at each challenge', async () => {
    const tickets = vi.fn().mockResolvedValueOnce('first').mockReturnValueOnce('second');
    const method = ticket({ authid: 'joe', ticket: tickets });
    expect(tickets).not.toHaveBeenCalled();
    expect([await method.answer({}), await method.answer({})].map(({ signature }) => signature)).toEqual([
      'first',
      'second',
    ]);
  });

  test('what is no ticket is refused at once, and so is a function that gives none', async () => {
    expect(() => ticket({ authid: 'joe', ticket: undefined as never })).toThrow(/expected a string or a function/);
    expect(() => ticket({ authid: '', ticket: 'x' })).toThrow(/authid/);
    await expect(ticket({ authid: 'joe', ticket: () => undefined as never }).answer({})).rejects.toThrow(/a string/);
  });

  test('the router takes the ticket and nothing else', () => {
    const check = (signature: string) => verifyTicket({ ticket: 'secret!!!', signature });
    expect(check('secret!!!')).toBe(true);
    for (const wrong of ['', 'secret!!', 'secret!!!!', ...flipped('secret!!!')]) expect(check(wrong)).toBe(false);
  });
});

describe('Advanced Profile, Challenge Response Authentication', () => {
  test.each([
    [1, '120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b'],
    [2, 'ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43'],
    [4096, 'c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a'],
  ])('PBKDF2-HMAC-SHA256 of "password" and "salt" with %i rounds is the published one', async (iterations, hex) => {
    const { key } = await wampcraRecord({ secret: 'password', salt: 'salt', iterations });
    expect(Buffer.from(key, 'base64').toString('hex')).toBe(hex);
  });

  // Signatures as autobahn-python makes them.
  test('the signature is the HMAC of the challenge, character by character', async () => {
    expect(await alice('secret1').answer({ challenge })).toEqual({
      signature: 'e7ysdCtaPZh2G7w1/uLX9Gk8QXf79byALJsmFIt9vSk=',
    });
  });

  test('with a salt, the base64 of the derived key is the key', async () => {
    const salting = { salt: 'salt123', iterations: 100, keylen: 16 };
    expect(await alice('secret1').answer({ challenge, ...salting })).toEqual({
      signature: 'WxcnaPUvcmzx5RMVOxujf298n5RsQBXptETOlicptzM=',
    });
  });

  test.each(['', 'Geheimnis', 'пароль 😀', 'x'.repeat(300)])(
    "agrees with Node's own cryptography for %j",
    async (secret) => {
      const text = '{"nonce":"ä😀"}';
      const { signature } = await alice(async () => secret).answer({
        challenge: text,
        salt: 'sälz',
        iterations: 7,
        keylen: 40,
      });
      const key = pbkdf2Sync(secret, 'sälz', 7, 40, 'sha256').toString('base64');
      expect(signature).toBe(createHmac('sha256', key).update(text).digest('base64'));
    },
  );

  test.each([undefined, 1000])('both halves agree, with %s rounds of salting', async (iterations) => {
    const record = iterations ? await wampcraRecord({ secret: 's3cret', iterations }) : { key: 's3cret' };
    const sent = wampcraChallenge({ record, ...who });
    expect(JSON.parse(sent.challenge)).toMatchObject({ ...who, authmethod: 'wampcra', timestamp: expect.any(String) });
    expect(JSON.stringify(sent)).not.toContain(record.key);
    const check = async (secret: string) => {
      const { signature } = await alice(secret).answer(sent);
      return verifyWampcra({ record, challenge: sent.challenge, signature });
    };
    expect([await check('s3cret'), await check('S3cret'), await check('')]).toEqual([true, false, false]);
  });

  test('no other signature will do: of another session, cut, prolonged, with any character changed', async () => {
    const record = { key: 's3cret' };
    const [sent, other] = [wampcraChallenge({ record, ...who }), wampcraChallenge({ record, ...who })];
    expect(sent.challenge).not.toBe(other.challenge);
    const { signature } = await alice('s3cret').answer(sent);
    const check = (given: string, of = sent) => verifyWampcra({ record, challenge: of.challenge, signature: given });
    expect(check(signature)).toBe(true);
    expect(check(signature, other)).toBe(false);
    for (const wrong of ['', signature.slice(0, -1), `${signature}=`, ...flipped(signature)])
      expect(check(wrong)).toBe(false);
  });

  test.each([
    [{}, /^wampcra: challenge\.challenge: expected a string, got undefined$/],
    [{ challenge: 7 }, /challenge\.challenge: expected a string/],
    [{ challenge, salt: 5 }, /challenge\.salt: expected a string/],
    [
      { challenge, salt: 's', iterations: 1e9, keylen: 32 },
      /challenge\.iterations: expected an integer from 1 to 1000000/,
    ],
    [{ challenge, salt: 's', iterations: 0, keylen: 32 }, /iterations/],
    [{ challenge, salt: 's', iterations: 1.5, keylen: 32 }, /iterations/],
    [{ challenge, salt: 's', iterations: '1000', keylen: 32 }, /iterations/],
    [{ challenge, salt: 's', iterations: 1000, keylen: 1e9 }, /keylen/],
    [{ challenge, salt: 's', iterations: 1e6, keylen: 1024 }, /32000000 rounds .* too many/],
  ])('a challenge like %j is refused before anything is counted or asked for', { retry: 2 }, async (extra, text) => {
    const secret = vi.fn(() => 's3cret');
    const { error, tookMs } = await refusal(alice(secret), extra);
    expect(error.message).toMatch(text);
    expect(tookMs).toBeLessThan(REFUSED_WITHIN_MS);
    expect(secret).not.toHaveBeenCalled();
  });

  test('who wants to spend less or more says so', async () => {
    const { error } = await refusal(wampcra({ authid: 'a', secret: 's', maxIterations: 10 }), {
      challenge,
      salt: 's',
      iterations: 11,
    });
    expect(error.message).toContain('from 1 to 10');
  });

  test('a decoy looks like a record, is the same each time, and differs by name', async () => {
    const like = await wampcraRecord({ secret: 's3cret', iterations: 10 });
    const seed = new Uint8Array(32).fill(5);
    const decoy = (authid: string) => wampcraDecoy({ authid, seed, like });
    expect(decoy('nobody')).toEqual(decoy('nobody'));
    expect(decoy('nobody').salt).not.toBe(decoy('somebody').salt);
    expect(decoy('nobody')).toMatchObject({ iterations: 10, keylen: 32 });
    expect(decoy('nobody').salt).toHaveLength(like.salt?.length ?? 0);
    expect(wampcraDecoy({ authid: 'nobody', seed, like: { key: 's3cret' } })).not.toHaveProperty('salt');
  });
});
