import type { Channel, CloseInfo, Connector, Receiver } from 'rocade';
import type { Message } from 'rocade/protocol';
import { memoryPair } from '../../src/transports/index.ts';

/** A connection in memory that can break without a word, and be spoken on by nobody in particular. */
export interface Wire {
  readonly closed: boolean;
  /** Breaks: both ends hear of it at once, and nothing that was under way arrives. */
  cut(): void;
  /** Brings a message to the router that its client never sent. */
  forge(message: Message): void;
}

const LOST: CloseInfo = { code: 1006, reason: '' };

class BreakableChannel implements Channel {
  readonly #channel: Channel;
  #receiver: Receiver | undefined;
  /** This end has closed, or has heard that the other one did. */
  over = false;
  #cut = false;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  get bufferedAmount(): number {
    return this.#channel.bufferedAmount;
  }

  open(receiver: Receiver): void {
    this.#receiver = receiver;
    if (this.#cut) {
      this.#lost(LOST);
      return;
    }
    this.#channel.open({
      message: (message) => {
        if (!this.over) receiver.message(message);
      },
      violation: (error) => {
        if (!this.over) receiver.violation(error);
      },
      closed: (info) => this.#lost(info),
    });
  }

  send(message: Message): void {
    if (!this.over && !this.#cut) this.#channel.send(message);
  }

  close(code?: number, reason?: string): void {
    if (!this.#cut) this.#channel.close(code, reason);
    this.over = true;
  }

  cut(): void {
    this.#cut = true;
    if (this.#receiver) this.#lost(LOST);
  }

  deliver(message: Message): void {
    if (!this.over && !this.#cut) this.#receiver?.message(message);
  }

  #lost(info: CloseInfo): void {
    if (this.over) return;
    this.over = true;
    this.#receiver?.closed(info);
  }
}

/** Connects to what `accept` stands for; each connection made is handed to `made`, so that it can be broken. */
export function breakable(accept: (channel: Channel) => void, made: (wire: Wire) => void): Connector {
  return ({ signal }) => {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    const [near, far] = memoryPair().map((channel) => new BreakableChannel(channel)) as [
      BreakableChannel,
      BreakableChannel,
    ];
    accept(far);
    made({
      get closed() {
        return near.over && far.over;
      },
      cut() {
        near.cut();
        far.cut();
      },
      forge: (message) => far.deliver(message),
    });
    return Promise.resolve(near);
  };
}
