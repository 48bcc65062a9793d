import type { Socket } from 'node:net';
import type { Clock } from '../base/index.ts';

/** Connections that have not said yet what they want. Each has its time for that and is cut off afterwards. */
export class Newcomers {
  readonly #sockets = new Set<Socket>();
  readonly #timeoutMs: number;
  readonly #clock: Clock;

  constructor(timeoutMs: number, clock: Clock) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** Watches over a new connection, until the function returned is called. */
  add(socket: Socket): () => void {
    const ignore = (): void => {};
    const cut = (): void => void socket.destroy();
    const stopTimer = this.#clock.after(this.#timeoutMs, cut);
    const leave = (): void => {
      stopTimer();
      this.#sockets.delete(socket);
      socket.off('error', ignore).off('end', cut).off('close', leave);
    };
    this.#sockets.add(socket);
    socket.on('error', ignore).on('end', cut).on('close', leave);
    return leave;
  }

  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
