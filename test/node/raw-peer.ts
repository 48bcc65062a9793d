import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { trusted } from '../certificates/index.ts';

/** A connection on which the test says and hears octets. */
export class RawPeer {
  readonly socket: Socket;
  /** `end` when the other side closed in order, else the error's code. */
  readonly closed: Promise<string>;
  #heard = Buffer.alloc(0);
  #wake = (): void => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    let how = 'cut';
    socket.on('data', (chunk: Buffer) => {
      this.#heard = Buffer.concat([this.#heard, chunk]);
      this.#wake();
    });
    socket.on('end', () => {
      how = 'end';
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      how = code ?? 'error';
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        resolve(how);
        this.#wake();
      });
    });
  }

  static async to(url: string): Promise<RawPeer> {
    if (url.startsWith('unix:')) return RawPeer.over(connect({ path: url.slice('unix:'.length) }), 'connect');
    const { protocol, port } = new URL(url);
    const where = { host: '127.0.0.1', port: Number(port) };
    if (protocol === 'tls:' || protocol === 'wss:')
      return RawPeer.over(connectTls({ ...where, ...trusted }), 'secureConnect');
    return RawPeer.over(connect(where), 'connect');
  }

  static async over(socket: Socket, ready?: 'connect' | 'secureConnect'): Promise<RawPeer> {
    const peer = new RawPeer(socket);
    if (ready) await once(socket, ready);
    return peer;
  }

  /** Hexadecimal; blanks do not count. */
  say(hex: string): void {
    this.socket.write(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  }

  sayFrame(text: string): void {
    const body = Buffer.from(text);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    this.socket.write(Buffer.concat([head, body]));
  }

  /** The next octets, once so many have come. Rejects when the connection is over before. */
  async hear(length: number): Promise<Buffer> {
    while (this.#heard.length < length) {
      if (this.socket.closed) throw new Error(`closed after ${this.#heard.length} of ${length} octets`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const octets = this.#heard.subarray(0, length);
    this.#heard = this.#heard.subarray(length);
    return octets;
  }

  /** All that is still to come, in hexadecimal, once the connection is over. */
  async rest(): Promise<string> {
    await this.closed;
    return this.#heard.toString('hex');
  }

  async hearHex(length: number): Promise<string> {
    return (await this.hear(length)).toString('hex');
  }

  async hearFrame(): Promise<string> {
    const head = await this.hear(4);
    return (await this.hear(head.readUInt32BE())).toString();
  }
}
