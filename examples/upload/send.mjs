import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { connect, json } from 'rocade';
import { msgpack } from 'rocade/msgpack';
import { upload } from './upload.js';

const [, , file, url = 'ws://localhost:9000'] = process.argv;
if (file === undefined) {
  console.error('usage: node send.mjs FILE [ADDRESS]');
  process.exit(1);
}
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

// MessagePack carries octets as they are; JSON makes text of them, which is a third longer.
const client = await connect(url, { serializers: [msgpack(), json()], retry: false });
try {
  const { name, bytes } = await upload(
    client,
    { name: basename(file), pieces: createReadStream(file) },
    { signal: stop.signal },
  );
  console.log(`${name}: ${bytes} octets`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
await client.close();
