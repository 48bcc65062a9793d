import type { Clock } from '../base/index.ts';
import type { ClientMessage } from '../protocol/index.ts';
import type { Held } from './held.ts';

/** What the parts of a session have of it. */
export interface Line {
  /** Throws when the session is not open, and what the serializer throws; then nothing was sent. */
  readonly send: (message: ClientMessage) => void;
  /** Resolves as soon as not much waits to be sent; undefined when not much does. */
  readonly room: () => Promise<void> | undefined;
  /** Did the router announce this feature of its dealer? */
  readonly can: (feature: string) => boolean;
  /** Hears of what goes wrong outside of any promise. */
  readonly onError: (thrown: unknown) => void;
  /** The router took something back that it had confirmed. */
  readonly onRevoked: (what: Held, reason: string | undefined) => void;
  readonly clock: Clock;
  /** Milliseconds that a request waits when it does not say itself; 0 for as long as the session lives. */
  readonly timeoutMs: number;
}
