import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import type * as auth from 'rocade/auth';
import { type RunningRouter, startRouter } from 'rocade/node';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, noBrowser, PLAIN_HOST } from './chromium.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe.skipIf(noBrowser)('rocade/auth in a page without TLS', () => {
  let browser: Browser;
  let router: RunningRouter;
  let bundle: string;

  beforeAll(async () => {
    browser = await launch();
    router = await startRouter({ listen: 'ws://127.0.0.1:0', files: `${root}examples/article` });
    const built = await build({
      entryPoints: [`${root}dist/auth/index.js`],
      bundle: true,
      format: 'iife',
      globalName: 'auth',
      platform: 'browser',
      write: false,
    });
    bundle = built.outputFiles[0]?.text ?? '';
  });
  afterAll(async () => {
    await browser?.close();
    await router?.close();
  });

  test('both halves of each method agree, with nothing of WebCrypto but random numbers', async () => {
    const page = await browser.newPage();
    await page.goto(router.url.replace('ws:', 'http:').replace('127.0.0.1', PLAIN_HOST));
    await page.addScriptTag({ content: bundle });
    const seen = await page.evaluate(async () => {
      const lib = Reflect.get(globalThis, 'auth') as typeof auth;
      const who = { authid: 'alice', authrole: 'user', authprovider: 'static', session: 1 };
      const seen: Record<string, unknown> = { webCrypto: 'subtle' in crypto };

      const key = await lib.wampcraRecord({ secret: 's3cret', iterations: 1000 });
      const sent = lib.wampcraChallenge({ record: key, ...who });
      const signed = await lib.wampcra({ authid: 'alice', secret: 's3cret' }).answer(sent);
      seen['wampcra'] = lib.verifyWampcra({ record: key, challenge: sent.challenge, signature: signed.signature });

      for (const kdf of ['pbkdf2', 'argon2id13'] as const) {
        const iterations = kdf === 'pbkdf2' ? 4096 : 2;
        const record = await lib.scramRecord({ password: 'pencil', kdf, iterations, memory: 8192 });
        const method = lib.scram({ authid: 'alice', password: 'pencil' });
        const authextra = method.authextra?.();
        const challenge = lib.scramChallenge({ record, authextra });
        const answer = await method.answer(challenge);
        const proof = lib.verifyScram({ record, authid: 'alice', authextra, challenge, answer });
        method.verify?.({ authextra: proof });
        seen[kdf] = proof !== undefined;
      }

      const [mine, theirs] = [lib.cryptosignKeys(), lib.cryptosignKeys()];
      const method = lib.cryptosign({ privateKey: mine.privateKey, routerKey: theirs.publicKey });
      const challenge = lib.cryptosignChallenge({ authextra: method.authextra?.(), privateKey: theirs.privateKey });
      const { signature } = await method.answer(challenge);
      seen['cryptosign'] = lib.verifyCryptosign({ publicKey: mine.publicKey, challenge, signature });
      const seed = '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510';
      const vector = await lib.cryptosign({ privateKey: seed }).answer({ challenge: 'ff'.repeat(32) });
      seen['vector'] = vector.signature.slice(0, 128);
      return seen;
    });
    expect(seen).toEqual({
      webCrypto: false,
      wampcra: true,
      pbkdf2: true,
      argon2id13: true,
      cryptosign: true,
      vector:
        'b32675b221f08593213737bef8240e7c15228b07028e19595294678c90d11c0cae80a357331bfc5cc9fb71081464e6e75013517c2cf067ad566a6b7b728e5d03',
    });
  });
});
