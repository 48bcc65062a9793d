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
import type { Found } from './sources.ts';

/** Nobody can have it, as no principal may. */
const NOBODY = 'nobody';
/** So many are remembered to look like, of those that come from elsewhere: one of a role. */
const MAX_MODELS = 16;

/** Somebody to look like. */
export type Model = Pick<Found, 'principal' | 'authprovider'>;
/** Somebody made up, with the role that others are told. */
export type Decoy = Found & { readonly shownRole: string };

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
  readonly #models: Model[];
  readonly #default: Model;

  /** With `models` to look like; without any, one with all of the `methods`. */
  constructor(
    seed: Uint8Array,
    models: readonly Model[],
    { methods, authprovider }: { readonly methods: ReadonlySet<string> } & Pick<Found, 'authprovider'>,
  ) {
    this.#seed = seed;
    this.#models = [...models];
    this.#default = { principal: withAll(methods), authprovider };
  }

  /** Remembers somebody to look like who is kept elsewhere. */
  learn({ principal, authprovider }: Model): void {
    if (this.#models.length >= MAX_MODELS || this.#models.some((model) => model.principal.role === principal.role))
      return;
    this.#models.push({ principal, authprovider });
  }

  /** With one of these methods, and always the same for a name. No secret fits it. */
  of(authid: string, methods: readonly ChallengedMethod[]): Decoy {
    const seed = this.#seed;
    const secret = wampcraDecoy({ authid, seed, like: { key: '' } }).key;
    const models = this.#models.filter(({ principal }) => methods.some((method) => HALVES[method].has(principal)));
    const model = models[secret.charCodeAt(0) % Math.max(1, models.length)] ?? this.#default;
    const { role: shownRole, ticket, wampcra, scram, crossbarScram, cryptosign } = model.principal;
    const principal: Principal = {
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
    return { principal, authid, authprovider: model.authprovider, shownRole };
  }
}

function withAll(methods: ReadonlySet<string>): Principal {
  const has = (method: ChallengedMethod): boolean => methods.has(method);
  return {
    role: 'user',
    ...(has('ticket') && { ticket: '' }),
    ...(has('wampcra') && { wampcra: '' }),
    ...(has('wamp-scram') && { scram: SCRAM }),
    ...(has('scram') && { crossbarScram: CROSSBAR_SCRAM }),
    ...(has('cryptosign') && { cryptosign: [] }),
  };
}
