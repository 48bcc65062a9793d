import { type Message, type MessageOf, type MessageType, ProtocolViolation } from '../protocol/index.ts';
import type { Channel, CloseInfo, MemoryOptions, Receiver } from '../transports/index.ts';

export interface RecordingChannelOptions {
  /** Takes every message through this serializer, both ways, as a network would. */
  readonly serializer?: MemoryOptions['serializer'];
  /** How the client asks for a sign of life. Default false: it does not. */
  readonly ping?: Channel['ping'];
}

/** One end of a connection whose other end is the test. */
export interface RecordingChannel extends Channel {
  /** Everything that was sent, in order. As on any channel, what is sent after the end is dropped. */
  readonly sent: readonly Message[];
  /** How this side closed the channel; undefined while it has not. */
  readonly closedWith: CloseInfo | undefined;
  /** What waits to be sent. Nothing, unless the test says that it is a slow connection. */
  bufferedAmount: number;
  /** The oldest message sent that was not taken yet. Throws when there is none, or when it is of another type. */
  take<T extends MessageType>(type: T): MessageOf<T>;
  /** The same, but waits for one to be sent. */
  next<T extends MessageType>(type: T): Promise<MessageOf<T>>;
  /** Throws when there are messages that were not taken. */
  expectNothingSent(): void;
  /** Hands messages to the session, at once, as if they came from the other side. */
  deliver(...messages: Message[]): void;
  /** Hands the session the news that something came which is no WAMP message. */
  violate(text?: string): void;
  /** Ends the connection from the other side; code 1006 is one that breaks. */
  lose(info?: Partial<CloseInfo>): void;
}

/**
 * Makes a channel that records what a session sends and lets the test play the other side, message by message.
 *
 * @example
 * const channel = recordingChannel();
 * const connected = connect(async () => channel, { retry: false });
 * const hello = await channel.next('HELLO');
 * console.log(hello.realm); // => 'realm1'
 * channel.deliver({ type: 'WELCOME', session: 1, details: { roles: { broker: {}, dealer: {} } } });
 * const client = await connected;
 * channel.lose();
 * console.log((await client.closed).name); // => 'ConnectionLostError'
 */
export function recordingChannel({ serializer, ping = false }: RecordingChannelOptions = {}): RecordingChannel {
  const sent: Message[] = [];
  const waiting: (() => void)[] = [];
  let taken = 0;
  let receiver: Receiver | undefined;
  let closedWith: CloseInfo | undefined;
  let lost = false;

  const passed = (message: Message): readonly Message[] =>
    serializer ? serializer.decode(serializer.encode(message)) : [message];
  const listening = (): Receiver | undefined => {
    if (!receiver) throw new Error('nobody has opened the channel yet');
    return closedWith || lost ? undefined : receiver;
  };
  const take = <T extends MessageType>(type: T): MessageOf<T> => {
    const message = sent[taken];
    if (message?.type !== type) throw new Error(`expected ${type} to be sent, got ${describe(message)}`);
    taken++;
    // The type was compared just now; the compiler does not follow it through the parameter.
    return message as MessageOf<T>;
  };

  return {
    bufferedAmount: 0,
    ping,
    sent,
    take,
    get closedWith() {
      return closedWith;
    },
    open(opened) {
      if (receiver) throw new Error('the channel was opened twice');
      receiver = opened;
    },
    send(message) {
      const messages = passed(message);
      if (closedWith || lost) return;
      sent.push(...messages);
      for (const wake of waiting.splice(0)) wake();
    },
    close(code = 1000, reason = '') {
      if (!lost) closedWith ??= { code, reason };
    },
    async next(type) {
      while (taken === sent.length) await new Promise<void>((resolve) => waiting.push(resolve));
      return take(type);
    },
    expectNothingSent() {
      if (taken < sent.length) throw new Error(`expected nothing to be sent, got ${describe(sent[taken])}`);
    },
    deliver(...messages) {
      for (const message of messages) for (const one of passed(message)) listening()?.message(one);
    },
    violate(text = 'frame: not a message') {
      listening()?.violation(new ProtocolViolation(text));
    },
    lose({ code = 1006, reason = '' } = {}) {
      const open = listening();
      lost = true;
      open?.closed({ code, reason });
    },
  };
}

function describe(message: Message | undefined): string {
  return message ? JSON.stringify(message) : 'nothing';
}
