import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { msgpack } from 'rocade/msgpack';
import { json, WampError } from 'rocade';
import { App } from 'rocade/app';

const [, , url = 'ws://localhost:9000', directory = 'uploads', most = '10e9'] = process.argv;
await mkdir(directory, { recursive: true });

/** No way out of the directory, nothing hidden, nothing that a terminal would stumble over. */
const isPlain = (name) => typeof name === 'string' && /^[\p{L}\p{N}_][\p{L}\p{N}_ .()-]{0,99}$/u.test(name);

async function receive([name], { input, progress }) {
  if (!isPlain(name)) throw new WampError('upload.error.bad_name', ['expected the name of a file, without a path']);
  const target = join(directory, name);
  const taken = () => new WampError('upload.error.exists', [`there is a file '${name}'`]);
  if (existsSync(target)) throw taken();
  // It gets its name when all of it is there.
  const part = join(directory, `.${randomUUID()}.part`);
  const file = await open(part, 'wx');
  let bytes = 0;
  try {
    for await (const piece of input) {
      if (!(piece instanceof Uint8Array)) throw new WampError('wamp.error.invalid_argument', ['expected octets']);
      if (bytes + piece.length > Number(most))
        throw new WampError('upload.error.too_large', [`at most ${most} octets`]);
      for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten;
      bytes += piece.length;
      progress(bytes);
    }
    await file.sync();
    // Unlike a rename, this takes the place of nothing.
    await link(part, target).catch((error) => {
      throw error.code === 'EEXIST' ? taken() : error;
    });
    return { name, bytes };
  } finally {
    // Also when the sender has gone: its input then ends with an error.
    await file.close();
    await rm(part);
  }
}

const app = new App({ url, serializers: [msgpack(), json()] });
app.procedure('upload.file', receive, { concurrency: 8 });
app.onStart(() => app.log.info(`files go to ${directory}`));
await app.run();
