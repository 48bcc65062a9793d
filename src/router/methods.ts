import {
  type AuthAnswer,
  crossbarScramChallenge,
  cryptosignChallenge,
  scramChallenge,
  verifyCrossbarScram,
  verifyCryptosign,
  verifyScram,
  verifyTicket,
  verifyTicketRecord,
  verifyWampcra,
  wampcraChallenge,
  type WampcraRecord,
} from '../auth/index.ts';
import type { Dict } from '../protocol/index.ts';
import type { ConnectionInfo } from './connection.ts';
import type { ChallengedMethod, Principal } from './principals.ts';

/** One round of a login, from CHALLENGE to AUTHENTICATE. */
export interface Round {
  readonly principal: Principal;
  /** Of HELLO. */
  readonly authid: string;
  readonly authextra: Dict;
  /** As WELCOME will have them. */
  readonly who: { readonly authid: string; readonly authrole: string; readonly authprovider: string };
  readonly session: number;
  readonly connection: ConnectionInfo;
  /** The router's own, for cryptosign. */
  readonly privateKey: string | undefined;
}

/** The router's half of a method: what `rocade/auth` has, fed from a principal. */
interface Half {
  /** Can this principal log in like this? */
  has(principal: Principal): boolean;
  /** `CHALLENGE.extra`. Throws an `AuthError` for a HELLO that lacks what the method needs. */
  challenge(round: Round): Dict;
  /** What goes into `WELCOME.authextra`; undefined when the answer is wrong. */
  verify(round: Round, challenge: Dict, answer: AuthAnswer): Dict | undefined | Promise<Dict | undefined>;
}

const PROVED: Dict = Object.freeze({});
const proof = (right: boolean): Dict | undefined => (right ? PROVED : undefined);

/** A principal without the credential gets here only by a mistake of the router's own. */
function credential<K extends keyof Principal>(principal: Principal, key: K): NonNullable<Principal[K]> {
  const found = principal[key];
  if (found === undefined || found === null) throw new Error(`a principal without ${key}`);
  return found;
}

const recordOf = (secret: string | WampcraRecord): WampcraRecord =>
  typeof secret === 'string' ? { key: secret } : secret;

export const HALVES: Readonly<Record<ChallengedMethod, Half>> = {
  ticket: {
    has: ({ ticket }) => ticket !== undefined,
    challenge: () => ({}),
    async verify({ principal }, _, { signature }) {
      const ticket = credential(principal, 'ticket');
      if (ticket === true) return PROVED;
      if (typeof ticket === 'string') return proof(verifyTicket({ ticket, signature }));
      return proof(await verifyTicketRecord({ record: ticket, signature }));
    },
  },
  wampcra: {
    has: ({ wampcra }) => wampcra !== undefined,
    challenge: ({ principal, who, session }) =>
      wampcraChallenge({ record: recordOf(credential(principal, 'wampcra')), ...who, session }),
    verify({ principal }, challenge, { signature }) {
      const record = recordOf(credential(principal, 'wampcra'));
      return proof(verifyWampcra({ record, challenge: String(challenge['challenge']), signature }));
    },
  },
  'wamp-scram': {
    has: ({ scram }) => scram !== undefined,
    challenge: ({ principal, authextra }) => scramChallenge({ record: credential(principal, 'scram'), authextra }),
    verify({ principal, authid, authextra }, challenge, answer) {
      const record = credential(principal, 'scram');
      return verifyScram({ record, authid, authextra, challenge: challenge as never, answer });
    },
  },
  scram: {
    has: ({ crossbarScram }) => crossbarScram !== undefined,
    challenge: ({ principal, authextra }) =>
      crossbarScramChallenge({ record: credential(principal, 'crossbarScram'), authextra }),
    verify({ principal, authid, authextra }, challenge, answer) {
      const record = credential(principal, 'crossbarScram');
      return verifyCrossbarScram({ record, authid, authextra, challenge: challenge as never, answer });
    },
  },
  cryptosign: {
    has: ({ cryptosign }) => cryptosign !== undefined,
    challenge({ authextra, privateKey, connection }) {
      const wanted = authextra['channel_binding'];
      const channelBinding = typeof wanted === 'string' ? connection.channelBinding?.(wanted) : undefined;
      return cryptosignChallenge({
        authextra,
        ...(privateKey !== undefined && { privateKey }),
        ...(channelBinding && { channelBinding }),
      });
    },
    verify({ principal, authextra, connection }, challenge, { signature }) {
      const keys = keysOf(principal);
      const { pubkey = keys[0] } = authextra;
      const given = typeof pubkey === 'string' ? pubkey.toLowerCase() : '';
      const type = challenge['channel_binding'];
      const channelBinding = typeof type === 'string' ? connection.channelBinding?.(type) : undefined;
      const signed = verifyCryptosign({
        publicKey: given,
        challenge: challenge as never,
        signature,
        ...(channelBinding && { channelBinding }),
      });
      // Both are looked at in any case, so that time does not tell which was wrong.
      return proof(keys.includes(given) && signed);
    },
  },
};

/** The public keys of a principal, in lower case. */
export function keysOf({ cryptosign = [] }: Principal): readonly string[] {
  return (typeof cryptosign === 'string' ? [cryptosign] : cryptosign).map((key) => key.toLowerCase());
}
