import type { Judged } from './judged.ts';
import type { Identity } from './member.ts';

type PublishOptions = Judged<'PUBLISH'>['options'];

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
  return exclude || exclude_authid || exclude_authrole || eligible || eligible_authid || eligible_authrole
    ? new Lists(options)
    : undefined;
}

class Lists implements Receivers {
  readonly #options: PublishOptions;
  readonly #eligible: Listed;
  readonly #excluded: Listed;

  constructor(options: PublishOptions) {
    this.#options = options;
    this.#eligible = listed(options.eligible, options.eligible_authid, options.eligible_authrole);
    this.#excluded = listed(options.exclude, options.exclude_authid, options.exclude_authrole);
  }

  /** Made when it is asked for: only what keeps an event does. */
  get restriction(): Restriction {
    return restrictionOf(this.#options);
  }

  admit({ id, identity: { authid, authrole } }: Recipient): boolean {
    const { ids, authids, authroles } = this.#eligible;
    if ((ids && !ids.has(id)) || (authids && !authids.has(authid)) || (authroles && !authroles.has(authrole)))
      return false;
    const not = this.#excluded;
    return !(not.ids?.has(id) || not.authids?.has(authid) || not.authroles?.has(authrole));
  }
}

/** Those who are named in three ways; undefined where there is no such list, which is not the same as an empty one. */
interface Listed {
  readonly ids: ReadonlySet<number> | undefined;
  readonly authids: ReadonlySet<string> | undefined;
  readonly authroles: ReadonlySet<string> | undefined;
}

function listed(ids?: readonly number[], authids?: readonly string[], authroles?: readonly string[]): Listed {
  return {
    ids: ids && new Set(ids),
    authids: authids && new Set(authids),
    authroles: authroles && new Set(authroles),
  };
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
