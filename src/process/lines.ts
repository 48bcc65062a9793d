import { StringDecoder } from 'node:string_decoder';

/** Longer lines are cut here: nobody reads on, and a program that prints no line ends must not fill the memory. */
const MAX_LINE = 8192;
/** Everything that can move the cursor, colour what follows, or look like a line of its own. Tabs may stay. */
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]/g;
const COLOUR = /\x1b\[[\d;]*m/g;

/** Makes lines of what a program prints, in pieces of any size. */
export class Lines {
  readonly #decoder = new StringDecoder('utf8');
  readonly #hear: (line: string) => void;
  #rest = '';
  /** The present line has been cut: what follows up to its end is dropped. */
  #cut = false;

  constructor(hear: (line: string) => void) {
    this.#hear = hear;
  }

  write(chunk: Buffer): void {
    const parts = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) this.#line(part);
    if (this.#rest.length > MAX_LINE) {
      if (!this.#cut) this.#say(this.#rest);
      this.#cut = true;
      this.#rest = '';
    }
  }

  end(): void {
    if (this.#rest !== '') this.#line(this.#rest);
    this.#rest = '';
  }

  #line(text: string): void {
    if (!this.#cut) this.#say(text);
    this.#cut = false;
  }

  #say(text: string): void {
    const long = text.length > MAX_LINE;
    const clean = harmless(long ? text.slice(0, MAX_LINE) : text);
    this.#hear(long ? `${clean}… (cut)` : clean);
  }
}

/** One line without anything that a terminal would obey. */
export function harmless(text: string): string {
  return text
    .replace(/\r$/, '')
    .replace(COLOUR, '')
    .replace(CONTROL, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
