import { Buffer } from 'node:buffer';
import { isLoopback, UsageError } from '../base/index.ts';

/** Where a router listens, or a client finds it. */
export type Address =
  | {
      readonly kind: 'ws' | 'wss' | 'tcp' | 'tls';
      /** As it was given. */
      readonly url: string;
      /** As sockets take it: no brackets around IPv6. */
      readonly host: string;
      readonly port: number;
    }
  | { readonly kind: 'unix'; readonly url: string; readonly path: string };

const DEFAULT_PORTS: Readonly<Record<string, number | undefined>> = { ws: 80, wss: 443 };
/** What the kernel has room for; Node would cut the rest off. */
const MAX_PATH_BYTES = 103;

/** The parts of an address such as `ws://127.0.0.1:9000` or `unix:/run/router.sock`; undefined for what is none. */
export function parseAddress(url: string): Address | undefined {
  const unix = /^unix:(?:\/\/(?=\/))?(?!\/\/)(.+)$/i.exec(url);
  if (unix) return { kind: 'unix', url, path: fittingPath(unix[1] as string) };
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port, pathname } = new URL(url);
  const kind = protocol.slice(0, -1);
  const number = port === '' ? DEFAULT_PORTS[kind] : Number(port);
  if (hostname === '' || number === undefined) return undefined;
  const host = hostname.replace(/^\[|\]$/g, '');
  if (kind === 'ws' || kind === 'wss') return { kind, url, host, port: number };
  // Streams of octets have no paths.
  if ((kind === 'tcp' || kind === 'tls') && /^\/?$/.test(pathname)) return { kind, url, host, port: number };
  return undefined;
}

function fittingPath(path: string): string {
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_PATH_BYTES)
    throw new UsageError(`'${path}': the path of a Unix socket has at most ${MAX_PATH_BYTES} octets, not ${bytes}`);
  return path;
}

/** Can only this machine reach it? */
export function isLocal(address: Address): boolean {
  return address.kind === 'unix' || isLoopback(address.host);
}
