import type { Clock } from '../base/index.ts';
import { type ClientMessage, PayloadError } from '../protocol/index.ts';
import type { Channel } from '../transports/index.ts';

/** With more octets than this unsent, whoever sends waits until there are fewer again. */
const HIGH_WATER = 1_000_000;
/** With more than this, nothing more is taken. */
const FULL = 64_000_000;
const DRAIN_CHECK_MS = 20;

/** Bounds what waits to be sent. */
export interface Pressure {
  /** Throws a `PayloadError` when nothing more is taken. */
  readonly check: (message: ClientMessage) => void;
  /** Resolves as soon as not much waits; undefined, so that nobody waits for nothing, when not much does. */
  readonly room: () => Promise<void> | undefined;
}

/** `isOpen`: is there still something to wait for? */
export function pressureOn(channel: Pick<Channel, 'bufferedAmount'>, clock: Clock, isOpen: () => boolean): Pressure {
  let draining: Promise<void> | undefined;
  const isHigh = (): boolean => channel.bufferedAmount > HIGH_WATER;
  // A browser's socket does not tell when it has sent enough, so it is asked now and then.
  const drain = async (): Promise<void> => {
    while (isHigh() && isOpen()) await new Promise<void>((resolve) => clock.after(DRAIN_CHECK_MS, resolve));
    draining = undefined;
  };
  return {
    check({ type }) {
      // An ERROR may be what tells of this, and a CANCEL takes something off.
      if (channel.bufferedAmount > FULL && type !== 'ERROR' && type !== 'CANCEL')
        throw new PayloadError('too much unsent');
    },
    room: () => (isHigh() ? (draining ??= drain()) : undefined),
  };
}
