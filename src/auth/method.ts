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
  /** Sent in HELLO. */
  readonly authextra?: Dict;
  /** Called with `CHALLENGE.extra`. A throw or a rejection gives up the session, with that error. */
  answer(challenge: Dict): AuthAnswer | Promise<AuthAnswer>;
}
