import type { MessageOf } from '../protocol/index.ts';
import type { Identity } from './member.ts';

type PublishOptions = MessageOf<'PUBLISH'>['options'];

/** The lists that a publisher gave. Plain data, so that an event can be kept with them. */
export type Restriction = Pick<
  PublishOptions,
  'exclude' | 'exclude_authid' | 'exclude_authrole' | 'eligible' | 'eligible_authid' | 'eligible_authrole'
>;

/** Does it mean the same later, when the sessions of today are gone? */
export function isLasting({ exclude, eligible }: Restriction): boolean {
  return exclude === undefined && eligible === undefined;
}

/** Who might receive an event: a session, as far as lists look at it. */
export interface Recipient {
  readonly id: number;
  readonly identity: Pick<Identity, 'authid' | 'authrole'>;
}

/** The recipients that the lists of a publication leave. */
export interface Receivers {
  readonly restriction: Restriction;
  admit(recipient: Recipient): boolean;
}

/** Does an event go to this recipient, if it has subscribed? */
export function admits(
  event: { readonly publisher: number; readonly excludeMe: boolean; readonly receivers: Receivers | undefined },
  recipient: Recipient,
): boolean {
  if (event.excludeMe && recipient.id === event.publisher) return false;
  return event.receivers === undefined || event.receivers.admit(recipient);
}

/**
 * The receivers that the options of a PUBLISH leave; undefined when they name nobody. A list of the eligible that is
 * there but empty admits nobody. Specification: Advanced Profile, "Subscriber Black- and Whitelisting".
 */
export function receiversOf(options: PublishOptions): Receivers | undefined {
  const { exclude, exclude_authid, exclude_authrole, eligible, eligible_authid, eligible_authrole } = options;
  if (!exclude && !exclude_authid && !exclude_authrole && !eligible && !eligible_authid && !eligible_authrole)
    return undefined;
  const admitting = [
    asTest(eligible, sessionOf),
    asTest(eligible_authid, authidOf),
    asTest(eligible_authrole, authroleOf),
  ].filter((test) => test !== undefined);
  const barring = [
    asTest(exclude, sessionOf),
    asTest(exclude_authid, authidOf),
    asTest(exclude_authrole, authroleOf),
  ].filter((test) => test !== undefined);
  return new Lists(options, admitting, barring);
}

type Test = (recipient: Recipient) => boolean;

class Lists implements Receivers {
  readonly #options: PublishOptions;
  readonly #admitting: readonly Test[];
  readonly #barring: readonly Test[];

  constructor(options: PublishOptions, admitting: readonly Test[], barring: readonly Test[]) {
    this.#options = options;
    this.#admitting = admitting;
    this.#barring = barring;
  }

  /** Made when it is asked for: only what keeps an event does. */
  get restriction(): Restriction {
    return restrictionOf(this.#options);
  }

  admit(recipient: Recipient): boolean {
    return this.#admitting.every((test) => test(recipient)) && !this.#barring.some((test) => test(recipient));
  }
}

function restrictionOf(options: PublishOptions): Restriction {
  const { exclude, exclude_authid, exclude_authrole, eligible, eligible_authid, eligible_authrole } = options;
  return {
    ...(exclude && { exclude }),
    ...(exclude_authid && { exclude_authid }),
    ...(exclude_authrole && { exclude_authrole }),
    ...(eligible && { eligible }),
    ...(eligible_authid && { eligible_authid }),
    ...(eligible_authrole && { eligible_authrole }),
  };
}

const sessionOf = ({ id }: Recipient): number => id;
const authidOf = ({ identity }: Recipient): string => identity.authid;
const authroleOf = ({ identity }: Recipient): string => identity.authrole;

function asTest<T>(
  list: readonly T[] | undefined,
  of: (recipient: Recipient) => T,
): ((recipient: Recipient) => boolean) | undefined {
  if (!list) return undefined;
  const listed = new Set(list);
  return (recipient) => listed.has(of(recipient));
}
