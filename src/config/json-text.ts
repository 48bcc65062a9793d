/** Where something stands in a text. Both count from 1, a column in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A value as JSON has it, with the place of each part. */
export interface JsonText {
  readonly value: unknown;
  /** Where the value at the end of `path` stands, or its key; where nothing is, the nearest that holds it. */
  readonly position: (path: readonly PropertyKey[], part?: 'key' | 'value') => Position;
}

/** What is wrong with a text that is no JSON. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  readonly position: Position;

  constructor(message: string, position: Position) {
    super(message);
    this.position = position;
  }
}

interface Node {
  readonly offset: number;
  readonly keyOffset: number;
  readonly value: unknown;
  readonly parts: ReadonlyMap<string, Node>;
}

const NOTHING: ReadonlyMap<string, Node> = new Map();
const MAX_DEPTH = 64;
const TOO_EARLY = 'the file ends too early';
const NO_COMMENTS = 'JSON has no comments';
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const SPACE = /[ \t\r\n]*/y;
const WORDS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/**
 * Reads JSON (RFC 8259) and remembers where everything stands. Throws a `JsonSyntaxError`; a key that stands twice in
 * one object is a mistake too, as only one of them would count.
 */
export function readJson(text: string): JsonText {
  const root = new Reader(text).document();
  return {
    value: root.value,
    position(path, part = 'value') {
      let node = root;
      let offset = node.offset;
      for (const [index, key] of path.entries()) {
        const next = node.parts.get(String(key));
        if (!next) break;
        node = next;
        offset = part === 'key' && index === path.length - 1 ? node.keyOffset : node.offset;
      }
      return positionAt(text, offset);
    },
  };
}

function positionAt(text: string, offset: number): Position {
  // Nobody sees the mark that some editors begin a file with.
  const before = text.slice(0, offset).replace(/^\uFEFF/, '');
  return { line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') };
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    // Editors of some systems begin a file with a mark.
    this.#text = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
  }

  document(): Node {
    const node = this.#value(0, this.#skip());
    if (this.#skip() < this.#text.length) this.#fail('expected the end of the file');
    return node;
  }

  #value(depth: number, keyOffset: number): Node {
    const offset = this.#skip();
    if (depth > MAX_DEPTH) this.#fail(`more than ${MAX_DEPTH} levels deep`);
    const leaf = (value: unknown): Node => ({ offset, keyOffset, value, parts: NOTHING });
    const char = this.#text[offset];
    if (char === '{') return this.#object(depth, keyOffset);
    if (char === '[') return this.#array(depth, keyOffset);
    if (char === '"') return leaf(this.#string());
    const number = this.#match(NUMBER);
    if (number !== undefined) return leaf(Number(number));
    const word = this.#match(/[a-z]+/y);
    if (word !== undefined && WORDS.has(word)) return leaf(WORDS.get(word));
    this.#at = offset;
    if (char === '/') this.#fail(NO_COMMENTS);
    return this.#fail(char === undefined ? TOO_EARLY : 'expected a value');
  }

  #object(depth: number, keyOffset: number): Node {
    const offset = this.#at++;
    const parts = new Map<string, Node>();
    for (let more = !this.#take('}'); more; more = this.#goesOn('}')) {
      const at = this.#skip();
      if (this.#text[at] !== '"') {
        if (this.#text[at] === '}') this.#fail('a comma stands before the closing bracket');
        if (at === this.#text.length) this.#fail(TOO_EARLY);
        this.#fail(this.#text[at] === '/' ? NO_COMMENTS : 'expected a key in double quotes');
      }
      const key = this.#string();
      if (parts.has(key)) {
        this.#at = at;
        this.#fail(`the key '${key}' stands here twice`);
      }
      if (!this.#take(':')) this.#fail(`expected a colon after the key '${key}'`);
      parts.set(key, this.#value(depth + 1, at));
    }
    // From entries, so that a key such as __proto__ is one like any other.
    const value = Object.fromEntries([...parts].map(([key, node]) => [key, node.value]));
    return { offset, keyOffset, value, parts };
  }

  #array(depth: number, keyOffset: number): Node {
    const offset = this.#at++;
    const items: Node[] = [];
    for (let more = !this.#take(']'); more; more = this.#goesOn(']')) {
      if (this.#text[this.#skip()] === ']') this.#fail('a comma stands before the closing bracket');
      items.push(this.#value(depth + 1, this.#at));
    }
    const parts = new Map(items.map((node, index) => [String(index), node]));
    return { offset, keyOffset, value: items.map(({ value }) => value), parts };
  }

  #goesOn(end: '}' | ']'): boolean {
    if (this.#take(',')) return true;
    if (this.#take(end)) return false;
    return this.#fail(this.#at === this.#text.length ? TOO_EARLY : `expected a comma or ${end}`);
  }

  #string(): string {
    const offset = this.#at;
    const quoted = this.#match(STRING);
    if (quoted !== undefined) return JSON.parse(quoted) as string;
    this.#at = offset;
    return this.#fail('this text has no end on its line, or something in it needs a backslash');
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #take(char: string): boolean {
    const found = this.#text[this.#skip()] === char;
    if (found) this.#at++;
    return found;
  }

  #skip(): number {
    this.#match(SPACE);
    return this.#at;
  }

  #fail(what: string): never {
    throw new JsonSyntaxError(what, positionAt(this.#text, this.#at));
  }
}
