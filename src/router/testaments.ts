import type { Judged } from './judged.ts';
import type { Member } from './member.ts';
import { sizeOf } from './payload-size.ts';

/** When a testament is published: when the connection is lost, or when the session is over. */
export const TESTAMENT_SCOPES = ['detached', 'destroyed'] as const;
export type TestamentScope = (typeof TESTAMENT_SCOPES)[number];

export type Testament = Judged<'PUBLISH'>;
type Testaments = Record<TestamentScope, Testament[]>;

/** What one session may leave behind. */
const MAX_TESTAMENTS = 100;
const MAX_BYTES = 1024 * 1024;

/** What sessions want to be published when they are gone. Specification: Advanced Profile, "Session Testament". */
export class Bequests {
  readonly #byMember = new Map<Member, Testaments>();

  /** Says in a sentence why not when there is no more room for this session's testaments. */
  add(member: Member, scope: TestamentScope, testament: Testament): string | undefined {
    const own = this.#byMember.get(member) ?? { detached: [], destroyed: [] };
    const all = [...own.detached, ...own.destroyed, testament];
    if (all.length > MAX_TESTAMENTS) return `a session may have ${MAX_TESTAMENTS} testaments`;
    if (all.reduce((bytes, { topic, payload }) => bytes + topic.length + sizeOf(payload), 0) > MAX_BYTES)
      return `the testaments of a session may have ${MAX_BYTES} octets`;
    own[scope].push(testament);
    this.#byMember.set(member, own);
    return undefined;
  }

  /** Forgets those of one scope. */
  flush(member: Member, scope: TestamentScope): undefined {
    const own = this.#byMember.get(member);
    if (own) own[scope] = [];
  }

  /**
   * Gives, and forgets, what a session that is gone has left. As sessions are not resumed here, being detached and being
   * destroyed are one, and those for the former come first.
   */
  take(member: Member): readonly Testament[] {
    const own = this.#byMember.get(member);
    if (!own) return [];
    this.#byMember.delete(member);
    return [...own.detached, ...own.destroyed];
  }
}
