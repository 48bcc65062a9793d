import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import { pino } from 'pino';

/** Collects all that somebody might print, log or send on, as text. */
export class Evidence {
  readonly #texts: { readonly where: string; readonly text: string }[] = [];

  /** Takes a value in every way in which programs show values. */
  add(where: string, value: unknown): void {
    const seen = new Set<unknown>();
    for (let one = value; one !== undefined && !seen.has(one); one = (one as { cause?: unknown } | null)?.cause) {
      seen.add(one);
      this.#text(`${where}: as text`, textOf(one));
      if (one instanceof Error) this.#text(`${where}: stack`, `${one.name} ${one.message} ${one.stack}`);
      if (one instanceof AggregateError) for (const inner of one.errors) this.add(where, inner);
    }
    for (const showHidden of [false, true])
      this.#text(`${where}: inspected`, inspect(value, { ...EVERYTHING, showHidden }));
    this.#text(`${where}: JSON`, jsonOf(value));
    const log = pino({ base: null }, { write: (line) => this.#text(`${where}: log line`, line) });
    log.info({ value, err: value }, 'what happened: %o', value as object);
    if (value instanceof Error) log.error(value);
  }

  /** Where one of the secrets is to be seen, and how it is written there; empty is what is wanted. */
  leaksOf(secrets: readonly Trace[]): string[] {
    const found = this.#texts.flatMap(({ where, text }) =>
      secrets.filter(({ written }) => text.includes(written)).map(({ name }) => `${name} in ${where}`),
    );
    return [...new Set(found)];
  }

  get size(): number {
    return this.#texts.length;
  }

  #text(where: string, text: string): void {
    // However it is broken into lines.
    this.#texts.push({ where, text: text.replaceAll(/\s+/g, '') });
  }
}

const EVERYTHING = {
  depth: Infinity,
  maxArrayLength: null,
  maxStringLength: null,
  breakLength: Infinity,
  getters: true,
};

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return '';
  }
}

function jsonOf(value: unknown): string {
  const above: unknown[] = [];
  try {
    return (
      JSON.stringify(value, function (this: unknown, _key, inner: unknown) {
        while (above.length > 0 && above.at(-1) !== this) above.pop();
        if (above.includes(inner)) return 'again';
        above.push(inner);
        return typeof inner === 'bigint' ? String(inner) : inner;
      }) ?? ''
    );
  } catch (error) {
    return String(error);
  }
}

/** One way to write a secret. */
export interface Trace {
  readonly name: string;
  readonly written: string;
}

/** All ways to write a secret: as text, in base64, in hex, as a list of numbers. Its first part gives it away, too. */
export function tracesOf(name: string, secret: string | Uint8Array): Trace[] {
  const octets = Buffer.from(secret as string);
  const start = octets.subarray(0, 12);
  const written = [
    ...(typeof secret === 'string' ? [secret] : []),
    // The last letter depends on what follows.
    octets.toString('base64').replace(/=+$/, '').slice(0, -1),
    octets.toString('base64url').slice(0, -1),
    start.toString('hex'),
    start.toString('hex').toUpperCase(),
    [...start].join(','),
    [...start].map((octet, at) => `"${at}":${octet}`).join(','),
  ];
  return written.map((text) => ({ name, written: text.replaceAll(/\s+/g, '') }));
}
