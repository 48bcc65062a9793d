import { onAbort, UsageError } from '../base/index.ts';
import { type Connector, framed } from './channel.ts';
import { ConnectError } from './connect-error.ts';
import { openSocket, whyNot } from './runtime.ts';
import { socketTransport } from './socket.ts';

const SUBPROTOCOL = 'wamp.2.';

/**
 * Connects over WebSocket, in browsers with what they have and in Node through `ws`.
 * Specification: Basic Profile, "WebSocket Transport".
 *
 * @example
 * const client = await connect(webSocket('ws://localhost:9000'));
 */
export function webSocket(url: string | URL): Connector {
  return socketConnector(url);
}

/** The same with options for the `ws` package, which a browser's constructor ignores. */
export function socketConnector(url: string | URL, options?: object): Connector {
  const target = String(url);
  if (!/^wss?:[^#]*$/i.test(target) || !URL.canParse(target))
    throw new UsageError(`expected ws://, wss:// or rawSocket of rocade/node, got '${target}'`);
  return ({ signal, serializers }) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const protocols = serializers.map(({ id }) => SUBPROTOCOL + id);
      const socket = openSocket(target, protocols, options);
      const fail = (why: string, cause?: unknown): void => {
        forget();
        socket.onopen = socket.onclose = null;
        // More errors may come, which must not go unheard.
        socket.onerror = () => {};
        socket.close();
        reject(new ConnectError(`cannot connect to ${target}: ${why}`, { cause }));
      };
      const forget = onAbort(signal, (reason) => fail(reason.message, reason));
      // Not every runtime follows a failed attempt with a close event, so an error before the opening is the end.
      socket.onerror = ({ message, error }) => fail(whyNot(error, message, protocols), error);
      socket.onclose = ({ code, reason }) => fail(`closed (${reason || code})`);
      socket.onopen = () => {
        const serializer = serializers[protocols.indexOf(socket.protocol)];
        if (!serializer)
          return fail(`does not look like a WAMP router: expected ${protocols.join()}, got '${socket.protocol}'`);
        forget();
        resolve(framed(socketTransport(socket), serializer, target));
      };
    });
}
