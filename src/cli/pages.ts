import { networkInterfaces } from 'node:os';

/** Where browsers find what a WebSocket address serves: on this machine, and where others are let in, from there. */
export function pages(url: string): string[] {
  if (!url.startsWith('ws')) return [];
  const { protocol, hostname, port } = new URL(url);
  const all = hostname === '0.0.0.0' || hostname === '[::]';
  const hosts = all ? ['localhost', ...ownAddresses()] : [hostname.replace('127.0.0.1', 'localhost')];
  return hosts.map((host) => `${protocol.replace('ws', 'http')}//${host}${port === '' ? '' : `:${port}`}`);
}

function ownAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  return addresses.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address);
}
