import type { Dict } from '../protocol/index.ts';

/** A client's answer to a challenge. */
export interface AuthAnswer {
  readonly signature: string;
  readonly extra?: Dict;
}

/** What a method may ask of the connection that it logs in over. */
export interface AuthConnection {
  /** What both ends of this TLS connection know, and those of no other do: 32 octets. Undefined where there is no such thing. */
  channelBinding?(type: string): Uint8Array | undefined;
}

/** One way for a client to prove who it is. Specification: Advanced Profile, "Authentication Methods". */
export interface AuthMethod {
  /** As in HELLO, such as `ticket`. */
  readonly name: string;
  readonly authid?: string;
  /** Called for each HELLO; what it returns goes there as `authextra`, together with that of the other methods. */
  authextra?(connection?: AuthConnection): Dict;
  /** Called with `CHALLENGE.extra`. A throw or a rejection gives up the session, with that error. */
  answer(challenge: Dict, connection?: AuthConnection): AuthAnswer | Promise<AuthAnswer>;
  /** Called with `WELCOME.details` before the session is open: the router may have to prove itself, too. Throws to refuse. */
  verify?(welcome: Dict): void;
}
