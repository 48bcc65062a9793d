import type { Dict } from '../protocol/index.ts';

/** A client's answer to a challenge. */
export interface AuthAnswer {
  readonly signature: string;
  readonly extra?: Dict;
}

/** One way for a client to prove who it is. Specification: Advanced Profile, "Authentication Methods". */
export interface AuthMethod {
  /** As in HELLO, such as `ticket`. */
  readonly name: string;
  readonly authid?: string;
  /** Called for each HELLO; what it returns goes there as `authextra`, together with that of the other methods. */
  authextra?(): Dict;
  /** Called with `CHALLENGE.extra`. A throw or a rejection gives up the session, with that error. */
  answer(challenge: Dict): AuthAnswer | Promise<AuthAnswer>;
  /** Called with `WELCOME.details` before the session is open: the router may have to prove itself, too. Throws to refuse. */
  verify?(welcome: Dict): void;
}
