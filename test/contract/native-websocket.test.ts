import { json, webSocket } from 'rocade';
import { transportContract } from 'rocade/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Pairs, websocketPairs } from './websocket-pairs.ts';

// A WebSocket as browsers have it: the standard's face only, strict about close codes and the length of reasons.
vi.mock('isomorphic-ws', async () => {
  const { WebSocket } = await import('ws');
  class BrowserSocket {
    readonly #socket: InstanceType<typeof WebSocket>;

    constructor(url: string, protocols: string[]) {
      this.#socket = new WebSocket(url, protocols);
    }
    get protocol(): string {
      return this.#socket.protocol;
    }
    get bufferedAmount(): number {
      return this.#socket.bufferedAmount;
    }
    set binaryType(type: 'arraybuffer') {
      this.#socket.binaryType = type;
    }
    send(data: string | Uint8Array): void {
      this.#socket.send(data);
    }
    close(code = 1000, reason = ''): void {
      if (code !== 1000 && (code < 3000 || code > 4999)) throw new DOMException(`code ${code}`, 'InvalidAccessError');
      if (Buffer.byteLength(reason) > 123) throw new DOMException('the reason is too long', 'SyntaxError');
      this.#socket.close(code, reason);
    }
    get onclose(): unknown {
      return this.#socket.onclose;
    }
    set onopen(listener: never) {
      this.#socket.onopen = listener;
    }
    set onclose(listener: never) {
      this.#socket.onclose = listener;
    }
    set onerror(listener: never) {
      this.#socket.onerror = listener;
    }
    set onmessage(listener: never) {
      this.#socket.onmessage = listener;
    }
  }
  return { default: BrowserSocket };
});

describe('Basic Profile, WebSocket Transport: the WebSocket of browsers', () => {
  let pairs: Pairs;
  beforeAll(async () => {
    pairs = await websocketPairs(webSocket, json());
  });
  afterAll(() => pairs.close());
  transportContract({ describe, expect, test }, () => pairs.make());

  test('a code that pages may not use goes out as a private one', async () => {
    const { near, far } = await pairs.make();
    near.open({ message() {}, violation() {}, closed() {} });
    const closed = new Promise((resolve) => far.open({ message() {}, violation() {}, closed: resolve }));
    near.close(1002, 'protocol violation');
    expect(await closed).toEqual({ code: 3002, reason: 'protocol violation' });
  });
});
