import { assertOptions, show, UsageError } from '../base/index.ts';
import { assertUri } from '../protocol/index.ts';
import type { Roles } from './authorization.ts';
import { type Disclosure, DISCLOSURES } from './disclosure.ts';
import type { AuthOptions } from './principals.ts';
import { assertHistory, type HistoryOptions } from './history.ts';
import { assertRetention, type RetentionOptions } from './retention.ts';
import { assertTrustRules, type TrustRule } from './trust.ts';

/** A realm: its name, and what goes for all who join it. */
export interface RealmOptions {
  readonly name: string;
  /**
   * Are receivers told who publishes, and callees who calls? `'ask'`: when the publisher or caller asks for it;
   * `'always'`: whether or not it asks; `'never'`: one that asks is refused. Default `'ask'`.
   */
  readonly disclosure?: Disclosure;
  /** What trust levels events and calls get; the first rule that fits decides. Default: none at all. */
  readonly trustLevels?: readonly TrustRule[];
  /** How many of the events that publishers want kept are kept. */
  readonly retention?: RetentionOptions;
  /** Which events are kept, to be asked for later. Default: none. */
  readonly history?: HistoryOptions;
  /** How clients prove who they are. Default: nobody has to, and all have the role `anonymous`. */
  readonly auth?: AuthOptions;
  /**
   * Milliseconds that a call may take at most, or each part of its result; those that ask for more, or for none, get
   * this. Default 0: for as long as they like.
   */
  readonly maxCallTimeout?: number;
  /**
   * How many calls of one registration wait while each of its callees has as many as its `concurrency` says. Those
   * beyond get `wamp.error.no_available_callee`. Default 1,000.
   */
  readonly maxWaitingCalls?: number;
  /** What sessions may do, by their role: whatever is not allowed is denied. Default: everybody may do everything but what is for `administrators`. */
  readonly roles?: Roles;
  /**
   * Where there are no `roles`: those, by role, who may end others' sessions, and take away their registrations and
   * subscriptions, by the meta API or `force_reregister`. Default: nobody but the sessions of `router.connect()`.
   */
  readonly administrators?: readonly string[];
}

const KEYS: Readonly<Record<keyof RealmOptions, true>> = {
  name: true,
  disclosure: true,
  trustLevels: true,
  retention: true,
  history: true,
  auth: true,
  maxCallTimeout: true,
  maxWaitingCalls: true,
  roles: true,
  administrators: true,
};

/** The options of a realm from what a user wrote: a name alone means the defaults. Throws a {@link UsageError}. */
export function realmOptions(realm: string | RealmOptions): RealmOptions {
  const options = typeof realm === 'string' ? { name: realm } : realm;
  assertOptions(options, 'realm', KEYS);
  const { name, disclosure, trustLevels, maxCallTimeout = 0, maxWaitingCalls = 0 } = options;
  assertUri(name, 'realm');
  if (disclosure !== undefined && !DISCLOSURES.includes(disclosure)) {
    throw new UsageError(
      `realm '${name}', disclosure: expected one of ${DISCLOSURES.join(', ')}, got ${show(disclosure)}`,
    );
  }
  const { roles, administrators } = options;
  if (administrators !== undefined) {
    if (!Array.isArray(administrators) || !administrators.every((role) => typeof role === 'string'))
      throw new UsageError(`realm '${name}', administrators: expected a list of roles, got ${show(administrators)}`);
    if (roles !== undefined)
      throw new UsageError(`realm '${name}', administrators: is for a realm without roles; here permissions say it`);
  }
  assertTrustRules(trustLevels ?? [], name);
  assertRetention(options.retention ?? {}, name);
  if (options.history) assertHistory(options.history, name);
  for (const [what, value] of Object.entries({ maxCallTimeout, maxWaitingCalls })) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new UsageError(`realm '${name}', ${what}: expected an integer from 0, got ${show(value)}`);
  }
  return options;
}
