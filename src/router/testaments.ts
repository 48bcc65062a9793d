import type { Judged } from './judged.ts';
import type { Limits } from './limits.ts';
import type { Member } from './member.ts';

/** When a testament is published: when the connection is lost, or when the session is over. */
export const TESTAMENT_SCOPES = ['detached', 'destroyed'] as const;
export type TestamentScope = (typeof TESTAMENT_SCOPES)[number];

export type Testament = Judged<'PUBLISH'>;
type Testaments = Record<TestamentScope, Bequest[]>;

interface Bequest {
  readonly testament: Testament;
  /** Octets of all that it came in, of which any part may keep the rest. */
  readonly bytes: number;
}

type TestamentLimits = Pick<Limits, 'maxTestaments' | 'maxTestamentBytes'>;

/** What sessions want to be published when they are gone. Specification: Advanced Profile, "Session Testament". */
export class Bequests {
  readonly #byMember = new Map<Member, Testaments>();
  readonly #limits: TestamentLimits;

  constructor(limits: TestamentLimits) {
    this.#limits = limits;
  }

  /** Names the limit when there is no more room for this session's testaments. */
  add(member: Member, scope: TestamentScope, bequest: Bequest): keyof TestamentLimits | undefined {
    const own = this.#byMember.get(member) ?? { detached: [], destroyed: [] };
    const all = [...own.detached, ...own.destroyed, bequest];
    const { maxTestaments, maxTestamentBytes } = this.#limits;
    if (all.length > maxTestaments) return 'maxTestaments';
    if (all.reduce((sum, { bytes }) => sum + bytes, 0) > maxTestamentBytes) return 'maxTestamentBytes';
    own[scope].push(bequest);
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
    return [...own.detached, ...own.destroyed].map(({ testament }) => testament);
  }
}
