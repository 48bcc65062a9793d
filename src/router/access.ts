import type { MessageOf } from '../protocol/index.ts';
import type { Action } from './actions.ts';

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

/** What comes of a message: it is passed on, perhaps with another option, or refused with a URI and a sentence. */
export type Verdict = { readonly pass: Guarded } | { readonly refusal: { readonly uri: string; readonly why: string } };

/** What the sessions of one role may do. */
export interface Access {
  /** At once, or later where somebody else has to be asked. */
  judge(subject: Subject, message: Guarded): Verdict | Promise<Verdict>;
  /** The same without a message, for what a session has done later. */
  permits(subject: Subject, action: Action, uri: string): boolean | Promise<boolean>;
}
