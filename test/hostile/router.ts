import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { cases, encode, type HostileCase, ids, roles, type SerializerId } from './cases.ts';

/** A router that means no good. Each connection gets the case whose number is its path. */
export interface HostileRouter {
  /** The address of a case; `ws://…/7`. */
  urlOf(hostile: HostileCase): string;
  /** The last frame that came on the latest connection, once that has ended. */
  lastFrame(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** HELLO, and what `victim.ts` sends then. */
const FRAMES_BEFORE = 7;

export async function startHostileRouter(): Promise<HostileRouter> {
  const http = createServer((_, response) => response.end('<!doctype html><title>a page</title>'));
  const webSockets = new WebSocketServer({ server: http, handleProtocols: (offered) => [...offered][0] ?? false });
  let last: Promise<Uint8Array> = Promise.resolve(new Uint8Array());
  webSockets.on('connection', (webSocket: WebSocket, request: IncomingMessage) => {
    const id = webSocket.protocol.slice('wamp.2.'.length) as SerializerId;
    const hostile = cases[Number(/\d+/.exec(request.url ?? '')?.[0])];
    const send = (...messages: unknown[]): void => {
      for (const message of messages) webSocket.send(encode(id, message));
    };
    let frames = 0;
    let lastFrame: Uint8Array = new Uint8Array();
    last = new Promise((resolve) => webSocket.on('close', () => resolve(lastFrame)));
    webSocket.on('error', () => {});
    webSocket.on('message', (data: Buffer) => {
      lastFrame = data;
      frames++;
      if (!hostile) return;
      if (hostile.when === 'opening') {
        if (frames === 1) attack({ hostile, id, webSocket, socket: request.socket });
        if (hostile.fate === 'lives') webSocket.close();
      } else if (frames === 1) send([2, 1, { roles }]);
      else if (frames === 2) send([33, 1, ids.subscription]);
      else if (frames === 3) send([65, 2, ids.registration]);
      else if (frames === FRAMES_BEFORE) {
        attack({ hostile, id, webSocket, socket: request.socket });
        // Whoever is still there hears of it, and is left alone then.
        if (!hostile.octets) send([36, ids.subscription, 1, {}, ['alive']]);
        if (!hostile.octets) webSocket.close();
      }
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    urlOf: (hostile) =>
      `ws://127.0.0.1:${port}/${cases.indexOf(hostile)}${hostile.when === 'opening' && hostile.name.includes('CHALLENGE') ? '?slow' : ''}`,
    lastFrame: () => last,
    async close() {
      for (const webSocket of webSockets.clients) webSocket.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

interface Attack {
  readonly hostile: HostileCase;
  readonly id: SerializerId;
  readonly webSocket: WebSocket;
  readonly socket: Socket;
}

function attack({ hostile: { messages = [], frames, octets }, id, webSocket, socket }: Attack): void {
  if (octets) socket.write(Uint8Array.from(octets));
  for (const frame of frames?.(id) ?? messages.map((message) => encode(id, message))) webSocket.send(frame);
}
