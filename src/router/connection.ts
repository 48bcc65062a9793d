import type { ChannelBinding } from '../auth/index.ts';
import type { AuthOptions } from './principals.ts';

/** The certificate that a client has shown over TLS, which proves that it has the key. */
export interface ClientCertificate {
  /** SHA-256 of the certificate, as lower-case hex. */
  readonly fingerprint: string;
  /** The common name in its subject. */
  readonly commonName?: string;
  /** Has an authority signed it that the listener trusts? */
  readonly authorized: boolean;
}

/** What a listener knows of a connection, for `Router.accept`. All of it is believed. */
export interface ConnectionInfo {
  /** How it came: `websocket`, `rawsocket`, `memory` or another word. */
  readonly transport?: string;
  /** The address of the other side, to count its sessions by. */
  readonly peer?: string;
  /** The value of the cookie that stands for this browser. */
  readonly cookie?: string;
  readonly certificate?: ClientCertificate;
  /** The TLS connection as both of its ends see it; undefined for a type that is not there. */
  readonly channelBinding?: (type: string) => ChannelBinding | undefined;
  /** Takes the place of the realm's own authentication. */
  readonly auth?: AuthOptions;
  /** Who it is: for what runs in the router's own process. It is asked for nothing. */
  readonly identity?: TrustedIdentity;
}

/** Who somebody is that need not prove it. */
export interface TrustedIdentity {
  /** Default: random. */
  readonly authid?: string;
  /** Default `trusted`, which may do everything. */
  readonly authrole?: string;
}
