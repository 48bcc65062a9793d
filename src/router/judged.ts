import type { Dict, MessageOf } from '../protocol/index.ts';

/**
 * What the sender's permission has decided, whatever its realm says. One that is hidden is not told to callees either who
 * want to know of each caller.
 */
export type Decided = 'shown' | 'silent' | 'hidden';

/**
 * What says whether the sender of a message is disclosed: what it asked for, or what was decided. One place for both, which is
 * read of each message anyway, so that those of which nothing was decided cost no more for it.
 */
export type DiscloseMe = boolean | Decided;

type Judgeable = MessageOf<'CALL'> | MessageOf<'PUBLISH'>;
type Named<T> = { readonly [K in keyof T as string extends K ? never : K]: T[K] };
type WithDecision<M extends Judgeable> = Omit<M, 'options'> & {
  readonly options: Omit<Named<M['options']>, 'disclose_me'> & { readonly disclose_me?: DiscloseMe } & Dict;
};

/** A CALL or PUBLISH behind the judgement on it, which may have decided whether its sender is disclosed. */
export type Judged<T extends Judgeable['type']> = WithDecision<Extract<Judgeable, { readonly type: T }>>;
