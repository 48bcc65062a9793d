import { cryptosign, cryptosignChallenge, cryptosignKeys, verifyCryptosign } from 'rocade/auth';
import type { Dict } from 'rocade/protocol';
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { flipped, refusal } from './hostile.ts';

const octets = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const { privateKey, publicKey } = cryptosignKeys();
const router = cryptosignKeys();
const hello = (method: { authextra?: () => Dict }): Dict => method.authextra?.() ?? {};

describe('keys', () => {
  // RFC 8032, section 7.1.
  test.each([
    [
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    ],
    [
      '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    ],
    [
      'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    ],
  ])('the public key of %s is the published one', (seed, expected) => {
    expect(cryptosignKeys(seed)).toEqual({ privateKey: seed, publicKey: expected });
    expect(cryptosignKeys(octets(seed.toUpperCase())).publicKey).toBe(expected);
  });

  test('are random, and in the form that HELLO and routers have', () => {
    expect(cryptosignKeys().privateKey).not.toBe(cryptosignKeys().privateKey);
    expect(privateKey).toMatch(/^[0-9a-f]{64}$/);
    expect(publicKey).toMatch(/^[0-9a-f]{64}$/);
    expect(hello(cryptosign({ privateKey: octets(privateKey) }))).toEqual({ pubkey: publicKey });
  });

  test.each([
    ['', 'hunter2', `${privateKey}00`, privateKey.slice(2), `${privateKey.slice(2)}zz`, 7 as never, undefined as never],
    [new Uint8Array(31), new Uint8Array(64)],
  ])('what is none is refused, and the error does not show it', (...wrong) => {
    for (const key of wrong)
      expect(() => cryptosign({ privateKey: key })).toThrow(
        /^cryptosign: privateKey has to be 32 octets, or 64 digits of hex$/,
      );
    expect(() => cryptosign({ privateKey, routerKey: 'x' })).toThrow(/routerKey/);
  });
});

describe('certificates', () => {
  const trustroot = '0xf766Dc789CF04CD18aE75af2c5fAf2DA6650Ff57';

  test('go with HELLO as they are', () => {
    const certificates = [[{ domain: { name: 'WMP', version: '1' } }, '9f16ec1ce8']];
    expect(hello(cryptosign({ privateKey, trustroot, certificates }))).toEqual({
      pubkey: publicKey,
      trustroot,
      certificates,
    });
    expect(hello(cryptosign({ privateKey, trustroot: 'wamp-proto.eth' }))['trustroot']).toBe('wamp-proto.eth');
  });

  test('have a trustroot that routers take for one, and come in a list', () => {
    for (const wrong of ['', '0x12', `${trustroot}00`, 'nobody', 7 as never])
      expect(() => cryptosign({ privateKey, trustroot: wrong })).toThrow(/^cryptosign: trustroot: expected 0x…/);
    expect(() => cryptosign({ privateKey, certificates: {} as never })).toThrow(
      /certificates: expected a list, got {}/,
    );
  });
});

describe('a channel binding by its type', () => {
  const id = new Uint8Array(32).fill(3);
  const connection = { channelBinding: (type: string) => (type === 'tls-exporter' ? id : undefined) };

  test('is read from the connection at each login, and signed with', async () => {
    const method = cryptosign({ privateKey, channelBinding: 'tls-exporter' });
    const authextra = method.authextra?.(connection);
    expect(authextra).toEqual({ pubkey: publicKey, channel_binding: 'tls-exporter' });
    const channelBinding = { type: 'tls-exporter', id } as const;
    const challenge = cryptosignChallenge({ authextra, channelBinding });
    const { signature } = await method.answer(challenge, connection);
    expect(verifyCryptosign({ publicKey, challenge, signature, channelBinding })).toBe(true);
    const other = { type: 'tls-exporter', id: new Uint8Array(32) } as const;
    expect(verifyCryptosign({ publicKey, challenge, signature, channelBinding: other })).toBe(false);
  });

  test('is not done without where there is none, and has to be one that there is', () => {
    const method = cryptosign({ privateKey, channelBinding: 'tls-unique' });
    for (const without of [undefined, {}, connection])
      expect(() => method.authextra?.(without)).toThrow(/^cryptosign: this connection has no tls-unique/);
    expect(() => cryptosign({ privateKey, channelBinding: 'tls-server-end-point' as never })).toThrow(
      /channelBinding: expected tls-exporter or tls-unique, got "tls-server-end-point"/,
    );
  });
});

// The specification's own: Advanced Profile, "Cryptosign-based Authentication", "Test Vectors".
const keysAndChallenges = [
  ['4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510', 'ff'.repeat(32)],
  [
    'd511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd',
    'b26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d',
  ],
  [
    '6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b',
    'b05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2',
  ],
] as const;
const channelId = '62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff';
const signatures = [
  'b32675b221f08593213737bef8240e7c15228b07028e19595294678c90d11c0cae80a357331bfc5cc9fb71081464e6e75013517c2cf067ad566a6b7b728e5d03ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'd4209ad10d5aff6bfbc009d7e924795de138a63515efc7afc6b01b7fe5201372190374886a70207b042294af5bd64ce725cd8dceb344e6d11c09d1aaaf4d660fb26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d',
  '7beb282184baadd08f166f16dd683b39cab53816ed81e6955def951cb2ddad1ec184e206746fd82bda075af03711d3d5658fc84a76196b0fa8d1ebc92ef9f30bb05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2',
];
const boundSignatures = [
  '9b6f41540c9b95b4b7b281c3042fa9c54cef43c842d62ea3fd6030fcb66e70b3e80d49d44c29d1635da9348d02ec93f3ed1ef227dfb59a07b580095c2b82f80f9d16ca518aa0c2b707f2b2a609edeca73bca8dd59817a633f35574ac6fd80d00',
  '305aaa3ac25e98f651427688b3fc43fe7d8a68a7ec1d7d61c61517c519bd4a427c3015599d83ca28b4c652333920223844ef0725eb5dc2febfd6af7677b73f01d0852a29b460fc92ec943242ac638a053bbacc200512b18b30d15083cbdc9282',
  'ee3c7644fd8070532bc1fde3d70d742267da545d8c8f03e63bda63f1ad4214f4d2c4bfdb4eb9526def42deeb7e31602a6ff99eba893e0a4ad4d45892ca75e608d2b75e24a189a7f78ca776ba36fc53f6c3e31c32f251f2c524f0a44202f2902d',
];

describe("the specification's vectors", () => {
  test.each([0, 1, 2])('without channel binding: %i', async (at) => {
    const [key, challenge] = keysAndChallenges[at] ?? ['', ''];
    expect(await cryptosign({ privateKey: key }).answer({ challenge, channel_binding: null })).toEqual({
      signature: signatures[at],
    });
  });

  test.each([0, 1, 2])('with channel binding: %i', async (at) => {
    const [key, challenge] = keysAndChallenges[at] ?? ['', ''];
    const channelBinding = { type: 'tls-unique', id: () => octets(channelId) } as const;
    const method = cryptosign({ privateKey: key, channelBinding });
    expect(hello(method)).toMatchObject({ channel_binding: 'tls-unique' });
    expect(await method.answer({ challenge, channel_binding: 'tls-unique' })).toEqual({
      signature: boundSignatures[at],
    });
    const check = { publicKey: cryptosignKeys(key).publicKey, signature: boundSignatures[at] ?? '', channelBinding };
    expect(verifyCryptosign({ ...check, challenge: { challenge, channel_binding: 'tls-unique' } })).toBe(true);
    expect(verifyCryptosign({ ...check, challenge: { challenge, channel_binding: null } })).toBe(false);
  });
});

test("the signature is the one of Node's own cryptography", async () => {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), octets(privateKey)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
  expect(raw).toBe(publicKey);
  const challenge = 'ab'.repeat(32);
  const { signature } = await cryptosign({ privateKey }).answer({ challenge });
  expect(signature).toBe(sign(null, octets(challenge), key).toString('hex') + challenge);
});

describe('Advanced Profile, Cryptosign-based Authentication: both halves', () => {
  async function answered(authextra: Dict = {}) {
    const challenge = cryptosignChallenge({ authextra });
    const { signature } = await cryptosign({ privateKey }).answer(challenge);
    return { publicKey, challenge, signature };
  }

  test('the right key is let in, and no other', async () => {
    const exchange = await answered();
    expect(verifyCryptosign(exchange)).toBe(true);
    expect(verifyCryptosign({ ...exchange, publicKey: router.publicKey })).toBe(false);
    for (const wrong of ['', 'zz'.repeat(32), publicKey.slice(2)])
      expect(verifyCryptosign({ ...exchange, publicKey: wrong })).toBe(false);
  });

  test('a signature of another challenge is none, though it is right in itself', async () => {
    const [one, other] = [await answered(), await answered()];
    expect(one.challenge.challenge).not.toBe(other.challenge.challenge);
    expect(verifyCryptosign({ ...one, signature: other.signature })).toBe(false);
    // The signature of the one with the challenge of the other behind it.
    const mixed = other.signature.slice(0, 128) + one.signature.slice(128);
    expect(verifyCryptosign({ ...one, signature: mixed })).toBe(false);
  });

  test('no digit of it may be another, and none may be missing or too many', async () => {
    const exchange = await answered();
    const { signature } = exchange;
    const check = (wrong: string) => verifyCryptosign({ ...exchange, signature: wrong });
    for (const wrong of ['', signature.slice(2), signature.slice(0, -2), `${signature}00`, signature.slice(0, 128)])
      expect(check(wrong)).toBe(false);
    const changed = [...flipped(signature)].filter((_, at) => at % 8 === 0);
    expect(changed.map(check).filter(Boolean)).toEqual([]);
    expect(check(signature.toUpperCase())).toBe(true);
  });

  test.each([
    {},
    { challenge: 7 },
    { challenge: 'ab' },
    { challenge: 'zz'.repeat(32) },
    { challenge: 'ab'.repeat(33) },
  ])('a challenge like %j is refused', async (extra) => {
    const method = cryptosign({ privateKey });
    await expect(async () => method.answer(extra)).rejects.toThrow(/challenge: expected 64 digits of hex/);
  });
});

describe('Router Authentication', () => {
  const client = () => cryptosign({ privateKey, routerKey: router.publicKey });

  test('the router signs the challenge of the client, and is believed once', async () => {
    const method = client();
    const authextra = hello(method);
    expect(authextra['challenge']).toMatch(/^[0-9a-f]{64}$/);
    expect(hello(client())['challenge']).not.toBe(authextra['challenge']);
    const challenge = cryptosignChallenge({ authextra, privateKey: router.privateKey });
    expect(challenge.pubkey).toBe(router.publicKey);
    const { signature } = await method.answer(challenge);
    expect(verifyCryptosign({ publicKey, challenge, signature })).toBe(true);
    method.verify?.({});
    expect((await refusal(method, challenge)).error.message).toMatch(/has not signed/);
    hello(method);
    expect((await refusal(method, challenge)).error.message).toMatch(/has not signed/);
  });

  test('a router that signs with another key, something else, or nothing is refused', async () => {
    const good = (authextra: Dict) => cryptosignChallenge({ authextra, privateKey: router.privateKey });
    const wrong: ((authextra: Dict) => Dict)[] = [
      (authextra) => cryptosignChallenge({ authextra, privateKey: cryptosignKeys().privateKey }),
      (authextra) => ({ ...cryptosignChallenge({ authextra, privateKey }), pubkey: router.publicKey }),
      (authextra) => cryptosignChallenge({ authextra }),
      (authextra) => ({ ...good(authextra), signature: 7 }),
      (authextra) => ({ ...good(authextra), signature: good(authextra).signature?.slice(2) }),
      (authextra) => ({ ...good(authextra), signature: good(hello(client())).signature }),
      (authextra) => ({ ...good(authextra), signature: [...flipped(good(authextra).signature ?? '')][3] }),
    ];
    for (const change of wrong) {
      const method = client();
      const challenge = change(hello(method));
      await expect(async () => method.answer(challenge)).rejects.toThrow(/has not signed with the key/);
    }
  });

  test('WELCOME without a challenge is refused', () => {
    const method = client();
    hello(method);
    expect(() => method.verify?.({})).toThrow(/has not proved who it is/);
    cryptosign({ privateKey }).verify?.({});
  });

  test('nor is one good that follows a login at which the router did prove itself', async () => {
    const method = client();
    await method.answer(cryptosignChallenge({ authextra: hello(method), privateKey: router.privateKey }));
    method.verify?.({});
    hello(method);
    expect(() => method.verify?.({})).toThrow(/has not proved who it is/);
  });

  test('the router refuses to sign what is no challenge', () => {
    const authextra = { challenge: 'sign this' };
    expect(() => cryptosignChallenge({ authextra, privateKey })).toThrow(/authextra\.challenge/);
  });

  test('with channel binding, both sign for the same connection only', async () => {
    const binding = (id: number) => ({ type: 'tls-exporter', id: new Uint8Array(32).fill(id) }) as const;
    const login = async (mine: number, theirs: number) => {
      const method = cryptosign({ privateKey, routerKey: router.publicKey, channelBinding: binding(mine) });
      const options = { authextra: hello(method), privateKey: router.privateKey, channelBinding: binding(theirs) };
      const challenge = cryptosignChallenge(options);
      const { signature } = await method.answer(challenge);
      return verifyCryptosign({ publicKey, challenge, signature, channelBinding: binding(theirs) });
    };
    expect(await login(1, 1)).toBe(true);
    await expect(login(1, 2)).rejects.toThrow(/has not signed/);
  });
});

describe('TLS Channel Binding', () => {
  const challenge = 'ab'.repeat(32);
  const channelBinding = { type: 'tls-unique', id: octets(channelId) } as const;

  test('one that was not asked for is refused, and so is none or another than was', async () => {
    const refused = async (method: ReturnType<typeof cryptosign>, channel_binding: unknown) =>
      expect(async () => method.answer({ challenge, channel_binding })).rejects.toThrow(
        /another channel binding in mind/,
      );
    await refused(cryptosign({ privateKey }), 'tls-unique');
    await refused(cryptosign({ privateKey }), 7);
    await refused(cryptosign({ privateKey, channelBinding }), null);
    await refused(cryptosign({ privateKey, channelBinding }), undefined);
    await refused(cryptosign({ privateKey, channelBinding }), 'tls-exporter');
  });

  test('a router without one says so at HELLO', () => {
    for (const authextra of [{ channel_binding: 'tls-unique' }, { channel_binding: 7 }])
      expect(() => cryptosignChallenge({ authextra })).toThrow(/this channel binding is not there/);
    expect(cryptosignChallenge({ authextra: undefined, channelBinding }).channel_binding).toBeNull();
  });
});
