import type { Frame } from '../serializers/index.ts';
import type { CloseInfo, Transport } from './channel.ts';

type FrameReceiver = Parameters<Transport['open']>[0];

const DEAF: FrameReceiver = { frame() {}, closed() {} };

/** Keeps what a socket delivers until somebody listens; from then on passes it straight through. */
export class Inbox {
  #receiver: FrameReceiver | undefined;
  #early: (Frame | CloseInfo)[] = [];

  open(receiver: FrameReceiver): void {
    this.#receiver ??= receiver;
    const early = this.#early;
    this.#early = [];
    for (const item of early) {
      // Looked up each time: hearing one may make the receiver stop.
      if (typeof item === 'string' || item instanceof Uint8Array) this.#receiver.frame(item);
      else this.#receiver.closed(item);
    }
  }

  /** Nothing is passed on any more, not even the closing. */
  stop(): void {
    this.#receiver = DEAF;
  }

  frame(frame: Frame): void {
    if (this.#receiver) this.#receiver.frame(frame);
    else this.#early.push(frame);
  }

  closed(info: CloseInfo): void {
    if (this.#receiver) this.#receiver.closed(info);
    else this.#early.push(info);
  }
}
