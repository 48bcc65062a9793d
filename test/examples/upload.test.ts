import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connect } from 'rocade';
import { msgpack } from 'rocade/msgpack';
import { type RunningRouter, startRouter } from 'rocade/node';
import { testRouter } from 'rocade/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { piecesOf, upload } from '../../examples/upload/upload.js';
import { Program } from './program.ts';

const PIECE = 64 * 1024;

/** Patient enough for a machine that is busy. */
const soon = (look: () => unknown): Promise<unknown> => vi.waitFor(look, { timeout: 30_000 });

describe('a file upload', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rocade-upload-'));
  const uploads = join(folder, 'uploads');
  let router: RunningRouter;
  let client: Client;
  let receiver: Program;

  beforeAll(async () => {
    router = await startRouter({ listen: 'ws://127.0.0.1:0' });
    client = await connect(router.url, { serializers: [msgpack()] });
    receiver = new Program('examples/upload/receive.mjs', router.url, uploads, '3000000');
    await receiver.prints(/^files go to /m);
    await soon(() => client.call('wamp.registration.lookup', ['upload.file']).then((id) => expect(id).not.toBeNull()));
  });
  afterAll(async () => {
    await client.close();
    receiver.kill('SIGTERM');
    expect(await receiver.ended).toMatchObject({ code: 0 });
    await router.close();
    rmSync(folder, { recursive: true });
  });

  const names = (): string[] => readdirSync(uploads).sort();

  test('brings a file as it is, once', async () => {
    const content = randomBytes(2_500_001);
    const file = join(folder, 'a photo.raw');
    writeFileSync(file, content);
    const send = () => new Program('examples/upload/send.mjs', file, router.url).ended;
    expect(await send()).toMatchObject({ code: 0, output: 'a photo.raw: 2500001 octets\n' });
    expect(readFileSync(join(uploads, 'a photo.raw')).equals(content)).toBe(true);
    expect(await send()).toMatchObject({
      code: 1,
      output: "upload.error.exists: there is a file 'a photo.raw'\n",
    });
    expect(names()).toEqual(['a photo.raw']);
  });

  test('tells how far it is', async () => {
    const written: number[] = [];
    const pieces = piecesOf(new Blob([randomBytes(2 * PIECE + 1)]));
    await upload(client, { name: 'small', pieces }, { onWritten: (bytes: number) => written.push(bytes) });
    expect(written).toEqual([PIECE, 2 * PIECE, 2 * PIECE + 1]);
  });

  test.each(['../up', '/etc/x', '', '.hidden', 'a/b', 'a\\b', 'a\u0000b', 'a\nb', 'x'.repeat(101), 7, null])(
    'refuses the name %j',
    async (name) => {
      const before = names();
      const error = await client.call('upload.file', [name], { input: [] }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ uri: 'upload.error.bad_name' });
      expect([names(), readdirSync(folder).sort()]).toEqual([before, ['a photo.raw', 'uploads']]);
    },
  );

  test.each([
    ['more than it takes', () => [randomBytes(PIECE * 30), randomBytes(PIECE * 30)], 'upload.error.too_large'],
    ['no octets', () => ['text'], 'wamp.error.invalid_argument'],
  ])('takes %s for a mistake, and keeps nothing of it', async (_what, pieces, uri) => {
    const before = names();
    const error = await client.call('upload.file', ['bad'], { input: pieces() }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ uri });
    expect(names()).toEqual(before);
  });

  test('keeps nothing when the sender vanishes in the middle', async () => {
    const before = names();
    const sender = await connect(router.url, { serializers: [msgpack()], retry: false });
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(PIECE);
      await new Promise(() => {});
    }
    let written = (): void => {};
    const first = new Promise<void>((resolve) => (written = resolve));
    const sending = upload(sender, { name: 'half', pieces: endless() }, { onWritten: written }).catch(
      (reason: unknown) => reason,
    );
    await first;
    expect(names()).toHaveLength(before.length + 1);
    await sender.close();
    expect(await sending).toMatchObject({ code: 'closed' });
    await soon(() => expect(names()).toEqual(before));
  });
});

describe('the sender', () => {
  test('stays so far ahead of the disk at the other end, and closes what it reads when the call fails', async () => {
    await using site = testRouter();
    const [callee, sender] = await Promise.all([site.connect(), site.connect()]);
    let report = (_bytes: number): void => {};
    let fail = (): void => {};
    await callee.register('upload.file', async (_args, { input, progress }) => {
      report = progress;
      void (async () => {
        for await (const _piece of input) taken++;
      })().catch(() => {});
      await new Promise<void>((_resolve, reject) => (fail = () => reject(new Error('no room'))));
    });
    await callee.register('passed', () => taken);
    let taken = 0;
    let closed = false;
    async function* pieces(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(PIECE);
      } finally {
        closed = true;
      }
    }
    const sending = upload(sender, { name: 'big', pieces: pieces() }).catch((error: Error) => error.message);
    // What is sent before a call is there before its answer, so by then one more would have come.
    const comesTo = async (count: number): Promise<void> => {
      await soon(() => expect(taken).toBe(count));
      for (let round = 0; round < 5; round++) expect(await sender.call('passed')).toBe(count);
    };
    await comesTo(16);
    report(3 * PIECE);
    await comesTo(19);
    fail();
    expect(await sending).toContain('no room');
    await soon(() => expect(closed).toBe(true));
  });
});
