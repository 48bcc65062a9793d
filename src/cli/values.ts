import { UsageError } from '../base/index.ts';

/** What the words of a command line stand for. */
export interface Values {
  readonly args: readonly unknown[];
  readonly kwargs: { readonly [name: string]: unknown };
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const WORDS: { readonly [word: string]: unknown } = { true: true, false: false, null: null };
const NAMED = /^([A-Za-z_][\w-]*)=([\s\S]*)$/;

/** `2` is a number, `{"a":1}` an object, `name=value` a keyword argument, anything else a text. `"2"` is a text too. */
export function parseValues(words: readonly string[]): Values {
  const args: unknown[] = [];
  const kwargs: Record<string, unknown> = {};
  for (const word of words) {
    const [, name, value] = NAMED.exec(word) ?? [];
    if (name === undefined || value === undefined) args.push(parseValue(word));
    else if (name === '__proto__') throw new UsageError(`'${word}': no keyword argument can have this name`);
    else kwargs[name] = parseValue(value);
  }
  return { args, kwargs };
}

/** One value. Throws a `UsageError` for what begins like JSON and is none. */
export function parseValue(word: string): unknown {
  if (Object.hasOwn(WORDS, word)) return WORDS[word];
  if (NUMBER.test(word)) return numberOf(word);
  if (!/^[[{"]/.test(word)) return word;
  try {
    return JSON.parse(word);
  } catch (error) {
    throw new UsageError(
      `'${word}' begins like JSON and is none: ${(error as Error).message}. A text can be written as ${JSON.stringify(JSON.stringify(word))}`,
    );
  }
}

/** Digits that a number would lose stay: the binary serializers carry 64 bits. */
function numberOf(word: string): number | bigint {
  const value = Number(word);
  return Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(word) ? BigInt(word) : value;
}

/** Reads all of a stream, such as standard input. */
export async function readAll(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString('utf8');
}

/** The same as {@link parseValues}, where the word `-` is a value that standard input gives as JSON. */
export async function readValues(words: readonly string[]): Promise<Values> {
  if (!words.includes('-')) return parseValues(words);
  if (words.indexOf('-') !== words.lastIndexOf('-'))
    throw new UsageError("'-' was given twice: there is one standard input");
  const text = await readAll(process.stdin);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`standard input is no JSON: ${(error as Error).message}`);
  }
  const at = words.indexOf('-');
  const before = parseValues(words.slice(0, at));
  const after = parseValues(words.slice(at + 1));
  return { args: [...before.args, value, ...after.args], kwargs: { ...before.kwargs, ...after.kwargs } };
}
