import type { Duplex } from 'node:stream';
import type { Clock } from '../base/index.ts';

/** Milliseconds, unless said otherwise. */
export const PING_INTERVAL_MS = 15_000;

/** What is used of a WebSocket of the `ws` package, whose types users of this one may not have. */
interface WebSocket {
  readonly isPaused: boolean;
  readonly readyState: number;
  readonly OPEN: number;
  on(event: 'close', listener: () => void): unknown;
  ping(): void;
  terminate(): void;
}

interface Pulse {
  readonly webSocket: WebSocket;
  /** Counts what comes, pongs and parts of long messages included. */
  readonly socket: Duplex & { readonly bytesRead?: number };
  bytesRead: number | undefined;
  asked: boolean;
}

/**
 * Notices clients that have vanished without a word: those that were silent from one beat to the next are asked for a sign
 * of life, and those that give none until the one after are cut off. One timer for all, while there are any.
 */
export class Heartbeat {
  readonly #pulses = new Set<Pulse>();
  readonly #intervalMs: number;
  readonly #clock: Clock;
  #cancelTimer: (() => void) | undefined;

  /** With 0 milliseconds, nobody is ever asked. */
  constructor(intervalMs: number, clock: Clock) {
    this.#intervalMs = intervalMs;
    this.#clock = clock;
  }

  add(webSocket: WebSocket, socket: Pulse['socket']): void {
    if (this.#intervalMs === 0) return;
    const pulse: Pulse = { webSocket, socket, bytesRead: socket.bytesRead, asked: false };
    this.#pulses.add(pulse);
    webSocket.on('close', () => {
      this.#pulses.delete(pulse);
      if (this.#pulses.size > 0) return;
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
    });
    this.#cancelTimer ??= this.#clock.after(this.#intervalMs, () => this.#beat());
  }

  #beat(): void {
    this.#cancelTimer = this.#clock.after(this.#intervalMs, () => this.#beat());
    for (const pulse of this.#pulses) {
      const { webSocket, socket, bytesRead, asked } = pulse;
      pulse.bytesRead = socket.bytesRead;
      // Who is not read is not silent.
      pulse.asked = socket.bytesRead === bytesRead && !webSocket.isPaused;
      if (!pulse.asked) continue;
      if (asked) webSocket.terminate();
      else if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
    }
  }
}
