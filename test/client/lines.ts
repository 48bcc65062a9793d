import {
  type Client,
  type ClientEvents,
  type ClientOptions,
  ConnectError,
  type Connector,
  connect,
  json,
} from 'rocade';
import { type FakeClock, fakeClock, type RecordingChannel, recordingChannel } from 'rocade/testing';
import { welcome } from './harness.ts';

type Name = keyof ClientEvents;

/** A client whose connections the test makes and breaks, and on which it plays the router. */
export interface Line {
  readonly clock: FakeClock;
  readonly connector: Connector;
  /** How many connections have been asked for. */
  readonly attempts: number;
  /** How many of the next attempts fail. */
  failures: number;
  /** The connection that is asked for next, or was and is not taken yet. */
  next(): Promise<RecordingChannel>;
}

export function line(): Line {
  const clock = fakeClock();
  const made: RecordingChannel[] = [];
  const waiting: ((channel: RecordingChannel) => void)[] = [];
  let attempts = 0;
  const it: Line = {
    clock,
    failures: 0,
    get attempts() {
      return attempts;
    },
    connector: ({ signal }) => {
      attempts++;
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (it.failures > 0) {
        it.failures--;
        return Promise.reject(new ConnectError('nobody answers'));
      }
      const channel = recordingChannel({ serializer: json() });
      const taker = waiting.shift();
      if (taker) taker(channel);
      else made.push(channel);
      return Promise.resolve(channel);
    },
    next: () => {
      const channel = made.shift();
      return channel ? Promise.resolve(channel) : new Promise((resolve) => waiting.push(resolve));
    },
  };
  return it;
}

/** Answers the HELLO of a new connection. */
export async function admit(channel: RecordingChannel, session = 1): Promise<RecordingChannel> {
  await channel.next('HELLO');
  channel.deliver(welcome(session));
  return channel;
}

/** A client that has joined, and the router's end of its connection. */
export async function online(
  made: Line,
  options: ClientOptions = {},
): Promise<{ client: Client; channel: RecordingChannel }> {
  const opening = connect(made.connector, { clock: made.clock, ...options });
  const channel = await admit(await made.next());
  return { client: await opening, channel };
}

/** Everything that a client tells, in order. */
export function record(client: Client): [Name, unknown][] {
  const heard: [Name, unknown][] = [];
  for (const name of ['joined', 'left', 'reconnecting', 'closed', 'error'] as const)
    client.on(name, (what) => void heard.push([name, what]));
  return heard;
}

export const namesOf = (heard: [Name, unknown][]): Name[] => heard.map(([name]) => name);

/** The next such event. */
export function once<N extends Name>(client: Client, name: N): Promise<ClientEvents[N][0]> {
  return new Promise((resolve) => {
    const stop = client.on(name, (...[what]: ClientEvents[N]) => {
      stop();
      resolve(what as ClientEvents[N][0]);
    });
  });
}

/** Waits for the delay before the next attempt, and lets it pass. */
export async function comeBack(made: Line, reconnecting: Promise<{ readonly delayMs: number }>): Promise<void> {
  made.clock.advance((await reconnecting).delayMs);
}

/** Lets everything happen that is due in this turn. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
