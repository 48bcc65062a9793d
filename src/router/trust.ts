import { show, UsageError } from '../base/index.ts';
import { isUri, MATCH_POLICIES, type MatchPolicy, matchesUri } from '../protocol/index.ts';
import type { Member } from './member.ts';

/** Gives messages a trust level; what is left out fits everything. */
export interface TrustRule {
  /** From 0, the lowest. What a level means is up to the application. */
  readonly level: number;
  /** Whose messages. */
  readonly authrole?: string;
  /** To which topics and procedures. */
  readonly uri?: string;
  /** How `uri` is compared. Default `'exact'`. */
  readonly match?: MatchPolicy;
}

/** Trust levels by sender and URI. Specification: Advanced Profile, "Publication Trust Levels" and "Call Trust Levels". */
export class TrustLevels {
  readonly #rules: readonly TrustRule[];

  constructor(rules: readonly TrustRule[]) {
    this.#rules = rules;
  }

  /** Does nothing have a level? */
  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** The level of what `sender` sends to `uri`; undefined when no rule says. */
  of(sender: Member, uri: string): number | undefined {
    if (this.#rules.length === 0) return undefined;
    return this.#rules.find(
      (rule) =>
        (rule.authrole === undefined || rule.authrole === sender.identity.authrole) &&
        (rule.uri === undefined || matchesUri(uri, rule.uri, rule.match ?? 'exact')),
    )?.level;
  }
}

/** Throws a {@link UsageError} that names the first rule which makes no sense. */
export function assertTrustRules(rules: readonly TrustRule[], realm: string): void {
  for (const [index, { level, uri, match = 'exact' }] of rules.entries()) {
    const where = `realm '${realm}', trustLevels[${index}]`;
    if (!Number.isSafeInteger(level) || level < 0)
      throw new UsageError(`${where}.level: expected an integer from 0, got ${show(level)}`);
    if (!MATCH_POLICIES.includes(match))
      throw new UsageError(`${where}.match: expected one of ${MATCH_POLICIES.join(', ')}, got ${show(match)}`);
    if (uri !== undefined && !isUri(uri, match))
      throw new UsageError(`${where}.uri: expected a URI or a pattern for ${match}, got ${show(uri)}`);
  }
}
