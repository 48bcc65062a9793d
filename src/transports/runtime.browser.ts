import type { Frame } from '../serializers/index.ts';

/** The WebSocket of pages, which is the standard's and no more. */

/** The part of the WHATWG WebSocket that is used: what browsers, Deno, Bun and newer Nodes have, and the `ws` package too. */
export interface Socket {
  binaryType: string;
  readonly protocol: string;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onerror: ((event: { readonly message?: string; readonly error?: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
}

declare const WebSocket: new (url: string, protocols: readonly string[]) => Socket;

export const openSocket = (url: string, protocols: readonly string[]): Socket => new WebSocket(url, protocols);

export function hear(socket: Socket, listener: (frame: Frame) => void): void {
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => listener(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer));
}

/** Only 1000 and the private codes may be used. */
export const closeCode = (_socket: Socket, code: number): number => (code === 1000 ? code : 2000 + code);

export const extras = (_socket: Socket): undefined => undefined;

/** A page is not told why. */
export const whyNot = (_error: unknown, message?: string): string => message || 'refused or not found';
