import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { systemClock } from '../base/index.ts';
import type { Router } from '../router/index.ts';
import { cborWire, jsonWire, msgpackWire } from '../serializers/index.ts';
import { Heartbeat, PING_INTERVAL_MS } from './heartbeat.ts';
import { type UpgradeOptions, upgradeTo } from './upgrade.ts';

/** Those of `startRouter` that make sense for an HTTP server that is there already. */
export interface AcceptOptions extends Partial<Omit<UpgradeOptions, 'heartbeat'>> {
  readonly pingInterval?: number;
}

/**
 * For an HTTP server of one's own, whatever it is made with: takes the WebSockets that come to it to a router in the same
 * process. Options are as for `startRouter`.
 *
 * @example
 * import { createServer } from 'node:http';
 * const server = createServer((_request, response) => response.end('a page'));
 * server.on('upgrade', acceptUpgrades(new Router())).listen(0);
 * server.close();
 */
export function acceptUpgrades(
  router: Router,
  { pingInterval = PING_INTERVAL_MS, ...options }: AcceptOptions = {},
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  return upgradeTo(router, {
    serializers: [jsonWire(), msgpackWire(), cborWire()],
    maxMessageBytes: 16 * 1024 * 1024,
    origins: [],
    heartbeat: new Heartbeat(pingInterval, systemClock),
    ...options,
  });
}
