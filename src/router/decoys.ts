import {
  crossbarScramDecoy,
  type CrossbarScramRecord,
  type ScramRecord,
  scramDecoy,
  ticketDecoy,
  wampcraDecoy,
} from '../auth/index.ts';
import { HALVES } from './methods.ts';
import type { ChallengedMethod, Principal } from './principals.ts';

/** Nobody can have it, as no principal may. */
const NOBODY = 'nobody';

// What records cost when there are none to look like: the defaults of those who make them.
const SCRAM: ScramRecord = { kdf: 'argon2id13', iterations: 2, memory: 19_456, salt: '', storedKey: '', serverKey: '' };
const CROSSBAR_SCRAM: CrossbarScramRecord = {
  kdf: 'argon2id-13',
  iterations: 2,
  memory: 19_456,
  salt: '',
  'stored-key': '',
  'server-key': '',
};

/** Makes up principals for names that nobody has, so that neither what is asked nor how long it takes tells which do. */
export class Decoys {
  readonly #seed: Uint8Array;
  readonly #models: readonly Principal[];
  readonly #methods: ReadonlySet<string>;

  /** With `models` to look like; without any, one with all of the `methods`. */
  constructor(seed: Uint8Array, models: readonly Principal[], methods: ReadonlySet<string>) {
    this.#seed = seed;
    this.#models = models;
    this.#methods = methods;
  }

  /** With one of these methods, and always the same for a name. No secret fits it. */
  of(authid: string, methods: readonly ChallengedMethod[]): Principal {
    const seed = this.#seed;
    const secret = wampcraDecoy({ authid, seed, like: { key: '' } }).key;
    const models = this.#models.filter((model) => methods.some((method) => HALVES[method].has(model)));
    const model = models[secret.charCodeAt(0) % Math.max(1, models.length)] ?? this.#default();
    const { ticket, wampcra, scram, crossbarScram, cryptosign } = model;
    return {
      role: NOBODY,
      ...(ticket !== undefined && {
        ticket: typeof ticket === 'object' ? ticketDecoy({ authid, seed, like: ticket }) : secret,
      }),
      ...(wampcra !== undefined && {
        wampcra: typeof wampcra === 'object' ? wampcraDecoy({ authid, seed, like: wampcra }) : secret,
      }),
      ...(scram && { scram: scramDecoy({ authid, seed, like: scram }) }),
      ...(crossbarScram && { crossbarScram: crossbarScramDecoy({ authid, seed, like: crossbarScram }) }),
      ...(cryptosign !== undefined && { cryptosign: [] }),
    };
  }

  #default(): Principal {
    const has = (method: ChallengedMethod): boolean => this.#methods.has(method);
    return {
      role: NOBODY,
      ...(has('ticket') && { ticket: '' }),
      ...(has('wampcra') && { wampcra: '' }),
      ...(has('wamp-scram') && { scram: SCRAM }),
      ...(has('scram') && { crossbarScram: CROSSBAR_SCRAM }),
      ...(has('cryptosign') && { cryptosign: [] }),
    };
  }
}
