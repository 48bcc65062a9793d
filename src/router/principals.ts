import type { CrossbarScramRecord, ScramRecord, TicketRecord, WampcraRecord } from '../auth/index.ts';
import type { Dict } from '../protocol/index.ts';

/** The methods in which a client answers a challenge. `scram` is Crossbar.io's variant. */
export const CHALLENGED = ['ticket', 'wampcra', 'wamp-scram', 'scram', 'cryptosign'] as const;
export type ChallengedMethod = (typeof CHALLENGED)[number];
/** In UTF-16 units. Longer names are nobody's, and are kept nowhere. */
export const MAX_AUTHID_LENGTH = 1024;
export type AuthMethodName = ChallengedMethod | 'anonymous' | 'cookie' | 'tls';

/** Somebody who may log in: a role, and what each method needs to see that it is so. */
export interface Principal {
  /** What WELCOME says. Default: the name that was asked for. */
  readonly authid?: string;
  readonly role: string;
  /**
   * A ticket in clear, or what `ticketRecord` makes of one. `true`, from a function that was given the ticket: it was
   * right.
   */
  readonly ticket?: string | TicketRecord | true;
  /** A secret in clear, or what `wampcraRecord` makes of one. */
  readonly wampcra?: string | WampcraRecord;
  /** What `scramRecord` makes of a password. */
  readonly scram?: ScramRecord;
  /** What `crossbarScramRecord` makes of a password. */
  readonly crossbarScram?: CrossbarScramRecord;
  /** Public keys, in hex. */
  readonly cryptosign?: string | readonly string[];
  /** SHA-256 of the client certificates that let in, in hex, with or without colons. */
  readonly certificates?: readonly string[];
  /** A second proof that is asked for after the first: one of the other credentials. */
  readonly second?: ChallengedMethod;
  /** For `WELCOME.authextra`. */
  readonly extra?: Dict;
}

/** Who wants to log in, for a function or a procedure that knows principals. */
export interface Login {
  readonly realm: string;
  /** Empty when the client named nobody, as with a key or a certificate. */
  readonly authid: string;
  readonly method: AuthMethodName;
  /** The id that the session will have. */
  readonly session: number;
  /** The ticket that was given, with `ticket`. */
  readonly ticket?: string;
  readonly authextra: Dict;
  readonly transport: Dict;
}

/** Finds the principal that wants to log in; undefined for nobody. A throw refuses, too, and is told to `onError`. */
export type PrincipalFunction = (login: Login) => Principal | undefined | Promise<Principal | undefined>;

/** A procedure that knows principals, called with `[realm, authid, details]`; it returns a role, or a dictionary. */
export interface PrincipalProcedure {
  readonly procedure: string;
  /** Where it is called. Default: the realm that is to be joined. */
  readonly realm?: string;
}

/** Where principals are kept: by authid, or behind a function or a procedure. */
export type PrincipalSource = Readonly<Record<string, Principal>> | PrincipalFunction | PrincipalProcedure;

/** How a realm, or a listener, lets clients in. */
export interface AuthOptions {
  /** The role of those who do not say who they are. Default: they are not let in. */
  readonly anonymous?: string;
  /** One source, or several that are asked in turn. */
  readonly principals?: PrincipalSource | readonly PrincipalSource[];
  /**
   * The methods to offer. Default: those that the static principals have credentials for; needed when there are none.
   */
  readonly methods?: readonly AuthMethodName[];
  /** The router's own key for cryptosign, 32 octets in hex: with it, it proves who it is to clients that ask. */
  readonly privateKey?: string;
  /**
   * Lets browsers in again by their cookie, for so many milliseconds after a login by another method. Needs a listener
   * that sets cookies, as those of `startRouter` for WebSockets do.
   */
  readonly cookie?: { readonly maxAge?: number };
}

export function isProcedure(source: PrincipalSource): source is PrincipalProcedure {
  return typeof (source as PrincipalProcedure).procedure === 'string';
}
