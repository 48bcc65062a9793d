// The JavaScript half of agent-party.ts: commands come as JSON lines on stdin, answers and happenings go out as JSON lines.
import { createInterface } from 'node:readline';

/** An error of WAMP, as the peer's library gave it to its user. */
export class WampFailure extends Error {
  constructor(uri, args, kwargs) {
    super(uri);
    this.wamp = { uri, args: args ?? [], kwargs: kwargs ?? {} };
  }
}

/** Makes bytes visible in JSON, so that a test can tell them from text. */
function pack(value) {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(pack);
  if (typeof value === 'object' && value !== null) return mapValues(value, pack);
  // Some codecs make one of every integer of 64 bits.
  if (typeof value === 'bigint') return Number(value);
  return value;
}

function unpack(value) {
  if (Array.isArray(value)) return value.map(unpack);
  if (typeof value !== 'object' || value === null) return value;
  if ('$bytes' in value) return new Uint8Array(Buffer.from(value.$bytes, 'base64'));
  return mapValues(value, unpack);
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

const emit = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

export const happened = (what, fields = {}) => emit({ happened: what, ...pack(fields) });

async function answer(peer, { id, op, with: parameters }) {
  try {
    const result = await peer[op](unpack(parameters));
    emit({ id, ok: pack(result ?? null) });
  } catch (failure) {
    if (failure instanceof WampFailure) {
      emit({ id, error: pack(failure.wamp) });
    } else {
      console.error(failure);
      emit({ id, error: { message: String(failure) } });
    }
  }
}

/** Carries out commands until stdin closes: the test is over, or gone. */
export function serve(peer) {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => void answer(peer, JSON.parse(line)));
  lines.on('close', () => process.exit(0));
  happened('ready');
}
