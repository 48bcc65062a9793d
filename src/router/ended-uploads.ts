import { MAX_URI_LENGTH } from '../protocol/index.ts';
import type { Judged } from './judged.ts';

/** How many are kept of one session: those beyond are so old that nothing of them is on its way any more. */
const KEPT = 1000;

/**
 * The calls of a session that have ended before their last part came. Their caller may have sent more before it heard
 * of that, which is to be dropped without an answer. Specification: Advanced Profile, "Continuations on Completed Calls".
 */
export class EndedUploads {
  readonly #procedures = new Map<number, string>();

  add({ request, procedure }: Judged<'CALL'>): void {
    // Of what cannot be a procedure each part is refused, rather than a text kept that is as long as a message.
    if (procedure.length > MAX_URI_LENGTH) return;
    this.#procedures.set(request, procedure);
    if (this.#procedures.size <= KEPT) return;
    for (const oldest of this.#procedures.keys()) {
      this.#procedures.delete(oldest);
      return;
    }
  }

  /** Is this a part of one of them? After the last part, or with another procedure, the id stands for a new call. */
  has({ request, procedure, options }: Judged<'CALL'>): boolean {
    const ended = this.#procedures.get(request);
    if (ended === undefined) return false;
    if (ended === procedure && options.progress) return true;
    this.#procedures.delete(request);
    return ended === procedure;
  }
}
