import type { Dict } from '../protocol/index.ts';
import type { Decided, DiscloseMe } from './judged.ts';
import type { Member } from './member.ts';

export const DISCLOSURES = ['ask', 'always', 'never'] as const;
/** Who sends a message is told to those who get it: when it asks for that, always, or never. */
export type Disclosure = (typeof DISCLOSURES)[number];

/** What a permission makes of what a sender asked for. Undefined when it asks for what it must not. */
export function decided(permitted: Disclosure, disclose_me: boolean | undefined): Decided | undefined {
  const asked = disclose_me === true;
  if (permitted === 'never') return asked ? undefined : 'hidden';
  return asked || permitted === 'always' ? 'shown' : 'silent';
}

/**
 * Is the sender of a message to be disclosed, `disclose_me` being what it asked for? Undefined when it asks for what
 * this realm does not do: then the message is refused with `wamp.error.option_disallowed.disclose_me`.
 */
export function discloses(policy: Disclosure, disclose_me: DiscloseMe | undefined): boolean | undefined {
  if (typeof disclose_me === 'string') return disclose_me === 'shown';
  if (policy === 'always') return true;
  if (disclose_me !== true) return false;
  return policy === 'ask' ? true : undefined;
}

/** What receivers of an event are told of its publisher. Specification: Advanced Profile, "Publisher Identification". */
export function publisherDetails({ id, identity }: Member): Dict {
  return { publisher: id, publisher_authid: identity.authid, publisher_authrole: identity.authrole };
}

/** What a callee is told of its caller. Specification: Advanced Profile, "Caller Identification". */
export function callerDetails({ id, identity }: Member): Dict {
  return { caller: id, caller_authid: identity.authid, caller_authrole: identity.authrole };
}
