import type { MessageOf } from '../protocol/index.ts';
import type { Judged } from './judged.ts';

/** Who wants something: a session, as far as its rights go. */
export interface Subject {
  readonly id: number;
  readonly identity: {
    readonly authid: string;
    readonly authrole: string;
    readonly authmethod: string;
    readonly authprovider: string;
  };
}

/** The messages that need a permission. */
export type Guarded = MessageOf<'CALL' | 'REGISTER' | 'PUBLISH' | 'SUBSCRIBE'>;

/** The same once they are allowed. */
export type Passed = Judged<'CALL'> | Judged<'PUBLISH'> | MessageOf<'REGISTER' | 'SUBSCRIBE'>;

/** What comes of a message: it is passed on, perhaps with another option, or refused with a URI and a sentence. */
export type Verdict = { readonly pass: Passed } | { readonly refusal: { readonly uri: string; readonly why: string } };

/** What the sessions of one role may do. */
export interface Access {
  /** At once, or later where somebody else has to be asked. */
  judge(subject: Subject, message: Guarded): Verdict | Promise<Verdict>;
  /** How many messages each may send in a second; 0 for as many as it likes, undefined for as many as others may. */
  readonly maxMessagesPerSecond: number | undefined;
}
