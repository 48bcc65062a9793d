// For projects whose own `lib` does not have `Symbol.asyncDispose` yet.
/// <reference lib="esnext.disposable" preserve="true" />
import { createSecureContext, type TlsOptions } from 'node:tls';
import { assertNumbers, assertOptions, show, systemClock, UsageError } from '../base/index.ts';
import { type AuthOptions, type RealmOptions, Router, type RouterOptions } from '../router/index.ts';
import { cborWire, jsonWire, msgpackWire, type Serializer } from '../serializers/index.ts';
import { type Address, isLocal, parseAddress } from './address.ts';
import { type Listener, type ListenerOptions, openListener } from './listener.ts';
import { Heartbeat, PING_INTERVAL_MS } from './heartbeat.ts';
import { Newcomers } from './newcomers.ts';
import { acceptRawSockets } from './rawsocket-server.ts';

/** An address, and what goes for those who come there. */
export interface ListenOptions {
  readonly url: string;
  /** Takes the place of the realms' own `auth`. */
  readonly auth?: AuthOptions;
}

export interface StartOptions extends RouterOptions {
  /**
   * Addresses, one or several; port 0 takes a free one. `ws://host:port` and `wss://…` take WebSocket, HTTP and RawSocket,
   * `tcp://host:port`, `tls://host:port` and `unix:/path` RawSocket only. With options, each may let clients in in
   * another way than the realms do. Default `ws://127.0.0.1:9000`.
   */
  readonly listen?: string | ListenOptions | readonly (string | ListenOptions)[];
  /** The `key` and `cert` of `wss://` and `tls://`, and whatever else Node's `tls.createServer` takes. */
  readonly tls?: TlsOptions;
  /** Who may connect to a Unix socket, as the mode of its file. Default `0o600`: this user only. */
  readonly unixMode?: number;
  /** A directory whose files are served on the same ports; or several, by the path that each is served at, such as `/assets`. */
  readonly files?: string | Readonly<Record<string, string>>;
  /** Listen on more than this machine although a realm admits anybody? Default false: a `UsageError`. */
  readonly open?: boolean;
  /** Origins of web pages that may connect, besides those served from here or from this machine; `*` for all. */
  readonly origins?: readonly string[];
  /** Octets of the largest message; a larger one ends its connection. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Levels of lists and dictionaries in each other that a message may have; more end its session. For `serializers` of your own, they have a say. Default 64. */
  readonly maxDepth?: number;
  /**
   * Compresses messages of more than a kilobyte, for those WebSockets that offer it, as browsers do. Default false: it costs
   * time and memory.
   */
  readonly perMessageDeflate?: boolean;
  /**
   * Milliseconds of silence, or at most twice as many, until a WebSocket is asked for a sign of life; one that gives none
   * within as many more is cut off. On TCP connections for RawSocket the system asks. Default 15,000; 0 for never.
   */
  readonly pingInterval?: number;
  /** In whatever order clients ask for them. Default: JSON, MessagePack and CBOR, leaving payloads as they came. */
  readonly serializers?: readonly Serializer[];
}

const KEYS: Readonly<Record<keyof StartOptions, true>> = {
  listen: true,
  tls: true,
  unixMode: true,
  files: true,
  open: true,
  origins: true,
  realms: true,
  limits: true,
  slowSubscribers: true,
  helloTimeout: true,
  authTimeout: true,
  goodbyeTimeout: true,
  pingInterval: true,
  perMessageDeflate: true,
  maxMessageBytes: true,
  maxDepth: true,
  serializers: true,
  agent: true,
  onError: true,
  clock: true,
  random: true,
};

/** A router that listens. */
export interface RunningRouter {
  readonly router: Router;
  /** Where it listens, the first one first, with the real port. */
  readonly url: string;
  readonly urls: readonly string[];
  /**
   * Shows those who connect from now on another certificate; connections that are open stay as they are. Throws a
   * `UsageError`, and goes on with the present one, when the new one cannot be used.
   */
  renewTls(tls: Pick<TlsOptions, 'key' | 'cert'>): void;
  /** Says GOODBYE to all sessions, then stops listening. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long the other sides have to close their ends, before they are cut off. */
const CLOSE_TIMEOUT_MS = 1000;

/**
 * Starts a router that listens for WebSockets, on any path, and for RawSocket, and serves files if told to.
 *
 * Rejects with a `ListenError` when a port is taken, with a `UsageError` for options that make no sense.
 *
 * @example
 * const { url, close } = await startRouter({ listen: 'ws://127.0.0.1:9000', realms: ['realm1'], files: './public' });
 */
export async function startRouter(options: StartOptions = {}): Promise<RunningRouter> {
  assertOptions(options, 'startRouter', KEYS);
  const {
    listen = 'ws://127.0.0.1:9000',
    open = false,
    files,
    origins = [],
    maxMessageBytes = 16 * 1024 * 1024,
    maxDepth = 64,
    pingInterval = PING_INTERVAL_MS,
    serializers = [jsonWire({ maxDepth }), msgpackWire({ maxDepth }), cborWire({ maxDepth })],
    unixMode = 0o600,
    perMessageDeflate,
    tls,
    ...ofRouter
  } = options;
  const { realms: given = ['realm1'], clock = systemClock, helloTimeout = 5000 } = ofRouter;
  assertNumbers('', { pingInterval, unixMode });
  if (!Array.isArray(origins)) throw new UsageError(`origins: expected a list, got ${show(origins)}`);
  // What is no list is told by the router itself.
  const realms = [given].flat();
  const places = [listen].flat().map((place: string | ListenOptions) => {
    if (typeof place !== 'string') assertOptions(place, 'listen', { url: true, auth: true });
    const { url, auth } = typeof place === 'string' ? { url: place } : { auth: undefined, ...place };
    return { address: addressOf(url, open || !realms.some((realm) => admitsAnybody(realm, auth))), auth };
  });
  if (files !== undefined && typeof files !== 'string') assertPlaces(files);
  if (places.length === 0) throw new UsageError('expected at least one address to listen on');
  const isWeb = files !== undefined || places.some(({ address: { kind } }) => kind === 'ws' || kind === 'wss');
  const web = isWeb ? await import('./web.ts') : undefined;
  const server = await web?.webServers({ files, serializers, headersTimeoutMs: helloTimeout });

  // As if each were a realm's own, so that a mistake in it is told now, and not to the first who wants to log in.
  const listenersAuth = places.flatMap(({ auth }, index) => (auth ? [{ name: `listener.${index}`, auth }] : []));
  if (listenersAuth.length > 0) void new Router({ realms: listenersAuth });
  const router = new Router(ofRouter);
  const newcomers = new Newcomers(helloTimeout, clock);
  const heartbeat = new Heartbeat(pingInterval, clock);
  const cookies = places.some(({ auth }) =>
    Boolean(auth?.cookie ?? realms.some((realm) => typeof realm === 'object' && realm.auth?.cookie)),
  );
  const acceptAt = (auth: AuthOptions | undefined): ListenerOptions => ({
    web: web &&
      server && {
        server,
        upgrade: web.upgradeTo(router, {
          serializers,
          maxMessageBytes,
          origins,
          auth,
          cookies,
          heartbeat,
          perMessageDeflate,
        }),
      },
    rawSocket: acceptRawSockets(router, { serializers, maxMessageBytes, newcomers, clock, auth, pingInterval }),
    newcomers,
    tls,
    handshakeTimeoutMs: helloTimeout,
    unixMode,
  });
  const listeners: Listener[] = [];
  const shut = async (): Promise<void> => {
    // Nobody new comes in while those who are in leave.
    const stopped = Promise.all(listeners.map((listener) => listener.stop()));
    try {
      await router.close();
    } finally {
      // Also when event history could not be brought to safety.
      newcomers.cutAll();
      for (const listener of listeners) listener.closeIdle();
      const timer = setTimeout(() => {
        for (const listener of listeners) listener.cut();
      }, CLOSE_TIMEOUT_MS);
      await stopped;
      clearTimeout(timer);
    }
  };
  let shutting: Promise<void> | undefined;
  const close = (): Promise<void> => {
    shutting ??= shut();
    return shutting;
  };
  try {
    for (const { address, auth } of places) {
      // One after the other, so that what was opened before a failure is known, and closed.
      listeners.push(await openListener(address, acceptAt(auth)));
    }
  } catch (error) {
    await close();
    throw error;
  }
  const urls = listeners.map(({ url }) => url);
  const renewTls = (next: TlsOptions): void => {
    try {
      createSecureContext({ ...tls, ...next });
    } catch (error) {
      throw new UsageError(`this key and certificate cannot be used: ${(error as Error).message}`);
    }
    for (const listener of listeners) listener.renewTls(next);
  };
  return { router, url: urls[0] as string, urls, renewTls, close, [Symbol.asyncDispose]: close };
}

/** Does somebody come in without saying who they are? What they may do then does not count: it is said on purpose, or not. */
function admitsAnybody(realm: string | RealmOptions, ofListener: AuthOptions | undefined): boolean {
  const auth = ofListener ?? (typeof realm === 'string' ? undefined : realm.auth);
  return auth === undefined || auth.anonymous !== undefined;
}

function assertPlaces(files: unknown): void {
  const isMap = typeof files === 'object' && files !== null && !Array.isArray(files);
  if (!isMap || !Object.values(files).every((place) => typeof place === 'string'))
    throw new UsageError(`files: expected a directory, or directories by path, got ${show(files)}`);
}

function addressOf(url: string, open: boolean): Address {
  const address = typeof url === 'string' && parseAddress(url);
  if (!address) {
    throw new UsageError(
      `cannot listen on '${url}': expected an address such as ws://127.0.0.1:9000, tcp://127.0.0.1:9001 or unix:/run/rocade.sock`,
    );
  }
  if (!open && !isLocal(address)) {
    throw new UsageError(
      `will not listen on ${new URL(url).host}: others than this machine could reach it, and its realms admit anybody. ` +
        'Say so if that is what you want (--open, or the option open: true)',
    );
  }
  return address;
}
