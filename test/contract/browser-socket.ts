import { WebSocket } from 'ws';

/** A WebSocket as browsers have it: the standard's face only, strict about close codes and the length of reasons. */
export class BrowserSocket {
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
