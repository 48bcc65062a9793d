import { assertNumber, type Clock, onAbort, systemClock, toError, UsageError } from '../base/index.ts';
import type { Channel, Connector } from './channel.ts';
import { ConnectError } from './connect-error.ts';
import { webSocket } from './websocket.ts';

/** Options of {@link failover}. */
export interface FailoverOptions {
  /** Milliseconds that each may take, so that one which does not answer leaves time for the others. Default 5,000. */
  readonly timeout?: number;
  /** Where time comes from; a test hands in its own. */
  readonly clock?: Clock;
}

/**
 * One connector of several: addresses of routers of one realm, or connectors. They are tried in their order, the next one
 * when one fails; a client that comes back after a loss begins behind the one that it lost.
 *
 * @example
 * const client = await connect(failover(['ws://localhost:9000', 'ws://localhost:9001']));
 */
export function failover(
  targets: readonly (string | URL | Connector)[],
  { timeout: timeoutMs = 5000, clock = systemClock }: FailoverOptions = {},
): Connector {
  assertNumber('failover: timeout', timeoutMs);
  if (targets.length === 0) throw new UsageError('failover: expected at least one address or connector, got none');
  const connectors = targets.map((target) => (typeof target === 'function' ? target : webSocket(target)));
  let next = 0;
  return async ({ signal, serializers }) => {
    const failures: Error[] = [];
    signal.throwIfAborted();
    for (let tried = 0; tried < connectors.length && !signal.aborted; tried++) {
      const connector = connectors[next] as Connector;
      next = (next + 1) % connectors.length;
      try {
        return await attempt(connector, { signal, serializers, timeoutMs, clock });
      } catch (error) {
        failures.push(toError(error));
      }
    }
    const reasons = failures.map(({ message }) => message).join('; ');
    throw new ConnectError(`no router could be reached: ${reasons}`, { cause: new AggregateError(failures, reasons) });
  };
}

interface Attempt {
  readonly signal: AbortSignal;
  readonly serializers: Parameters<Connector>[0]['serializers'];
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** One of them, for as long as it may take. */
async function attempt(connector: Connector, { signal, serializers, timeoutMs, clock }: Attempt): Promise<Channel> {
  const own = new AbortController();
  const forgetSignal = onAbort(signal, () => own.abort(signal.reason));
  const cancelTimer = clock.after(timeoutMs, () => own.abort(new ConnectError(`no connection within ${timeoutMs} ms`)));
  try {
    return await connector({ signal: own.signal, serializers });
  } finally {
    cancelTimer();
    forgetSignal();
  }
}
