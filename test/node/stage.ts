import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connect } from 'rocade';
import { type RunningRouter, rawSocket, type StartOptions, startRouter } from 'rocade/node';
import { afterEach, beforeEach, expect } from 'vitest';
import { trusted } from '../certificates/index.ts';
import { RawPeer } from './raw-peer.ts';

/** A folder, and routers, peers and clients that are gone after the test, in the other order. */
export let folder: string;
export const cleanups: (() => unknown)[] = [];
export function setStage(): void {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rocade-'));
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    rmSync(folder, { recursive: true });
  });
}

export async function start(options: StartOptions = {}): Promise<RunningRouter> {
  const node = await startRouter({ listen: 'tcp://127.0.0.1:0', ...options });
  cleanups.push(() => node.close());
  return node;
}
export async function peerOf(url: string): Promise<RawPeer> {
  const peer = await RawPeer.to(url);
  cleanups.push(() => peer.socket.destroy());
  return peer;
}
export async function shaken(url: string, offer = '7f f1 00 00'): Promise<RawPeer> {
  const peer = await peerOf(url);
  peer.say(offer);
  expect(await peer.hearHex(4)).toBe('7ff10000');
  return peer;
}
export async function joined(url: string, offer?: string): Promise<RawPeer> {
  const peer = await shaken(url, offer);
  peer.sayFrame('[1,"realm1",{"roles":{"caller":{},"callee":{},"publisher":{},"subscriber":{}}}]');
  expect(await peer.hearFrame()).toMatch(/^\[2,/);
  return peer;
}
export async function clientAt(url: string): Promise<Client> {
  const client = await connect(/^wss?:/.test(url) ? url : rawSocket(url, { tls: trusted }), { retry: false });
  cleanups.push(() => client.close());
  return client;
}
