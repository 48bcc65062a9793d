import { show } from '../base/index.ts';
import type { Dict } from '../protocol/index.ts';
import { AuthError } from './errors.ts';
import { fromCanonicalBase64 } from './octets.ts';

/** Reads what the other side sent, field by field, and says what is wrong with it. */
export class Fields {
  readonly #of: string;
  readonly #fields: Dict;

  /** `of` opens every error text, such as `wampcra: challenge`. */
  constructor(of: string, fields: Dict) {
    this.#of = of;
    this.#fields = fields;
  }

  has(name: string): boolean {
    return this.#fields[name] != null;
  }

  raw(name: string): unknown {
    return this.#fields[name];
  }

  text(name: string): string {
    const value = this.#fields[name];
    return typeof value === 'string' ? value : this.#wrong(name, 'a string');
  }

  base64(name: string): Uint8Array {
    return fromCanonicalBase64(this.#fields[name]) ?? this.#wrong(name, 'base64');
  }

  /** An integer from `min` to `max`. A bound is what guards this side's time and memory. */
  integer(name: string, min: number, max: number): number {
    const value = this.#fields[name];
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    return this.#wrong(name, `an integer from ${min} to ${max}`);
  }

  #wrong(name: string, expected: string): never {
    throw new AuthError(`${this.#of}.${name}: expected ${expected}, got ${show(this.#fields[name])}`);
  }
}
