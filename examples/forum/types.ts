/**
 * What travels between the page and the services. It says what is expected: whoever receives something from a page
 * still has to check it.
 */

/** The answer to `forum.login`: proof, for later calls, of who somebody is. */
export interface Login {
  readonly name: string;
  readonly token: string;
}

/** In the answer to `forum.posts.list`, and in each `forum.posts.added`. */
export interface Post {
  readonly id: string;
  readonly author: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** The longest text of a post, in characters. */
export const MAX_TEXT = 1000;
