import type { Client, ClientOptions, Connector } from '../index.ts';
import type { Log } from './log.ts';

/** Options of an app: where it connects and as whom, as for `connect`, and what is its own. */
export interface AppOptions extends ClientOptions {
  /** A `ws://` or `wss://` address, or any connector. Default `ws://127.0.0.1:9000`. */
  readonly url?: string | URL | Connector;
  /** A client to share with others, in place of a connection of its own. The app leaves it open. */
  readonly client?: Client;
  /** Where lines go. Default: those from `info` upwards to the console. */
  readonly log?: Log;
  /** Milliseconds that handlers at work have to end, once the app is told to stop. Default 10,000. */
  readonly drainTimeout?: number;
}

/** What who runs an app has to say; it takes the place of what the app says itself. */
export interface RunOptions extends AppOptions {
  /** Stops the app. Without one it stops at SIGTERM and SIGINT. */
  readonly signal?: AbortSignal;
  /** Called once everything is registered. */
  readonly onReady?: (client: Client) => void;
}

/** Called with the app's client. */
export type LifeHandler = (client: Client) => unknown;
