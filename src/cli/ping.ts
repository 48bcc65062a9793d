import { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WampError } from '../index.ts';
import { type ConnectionFlags, withClient, withConnection } from './connection.ts';
import { withHelp } from './help.ts';
import { count, milliseconds } from './numbers.ts';
import { print, toJson } from './output.ts';
import { summary } from './percentiles.ts';

interface PingFlags extends ConnectionFlags {
  readonly count: number;
  readonly interval: number;
  readonly procedure?: string;
}

/** Nobody registers this, so the router itself answers, with an error. */
const NOBODY = 'rocade.ping.nobody';

/** `rocade ping`: measures round trips to the router, or to a callee. */
export function pingCommand(): Command {
  return withHelp(withConnection(new Command('ping')), {
    examples: ['rocade ping', 'rocade ping --count 1000 --interval 0 --json | jq .p99'],
  })
    .description('measure round trips to the router, or to a callee')
    .option('-n, --count <number>', 'how many', count, 10)
    .option('-i, --interval <ms>', 'milliseconds from one to the next', milliseconds, 1000)
    .option('--procedure <uri>', 'call this procedure, and measure the way to its callee and back')
    .action(async (flags: PingFlags) => {
      const times: number[] = [];
      try {
        await withClient(flags, (client, signal) => pingAll(client, signal, { ...flags, times }));
      } finally {
        // Also when Ctrl-C ends it: what was measured is told.
        if (times.length > 0) tell(times, flags);
      }
    });
}

async function pingAll(
  client: Client,
  signal: AbortSignal,
  { count: wanted, interval, procedure = NOBODY, times, json }: PingFlags & { readonly times: number[] },
): Promise<void> {
  for (let turn = 0; turn < wanted; turn++) {
    const start = performance.now();
    await client.call(procedure, [], { signal }).catch((error: unknown) => {
      if (!(error instanceof WampError) || procedure !== NOBODY) throw error;
    });
    const ms = performance.now() - start;
    times.push(ms);
    if (interval === 0) continue;
    if (!json) print(`${ms.toFixed(2)} ms`);
    if (turn < wanted - 1) await sleep(Math.max(0, interval - ms), undefined, { signal });
  }
}

function tell(times: readonly number[], { json }: PingFlags): void {
  const figures = summary(times);
  if (json) print(toJson({ count: times.length, ...figures }));
  else
    print(
      `${times.length} round trips: ${Object.entries(figures)
        .map(([name, ms]) => `${name} ${ms}`)
        .join(', ')} ms`,
    );
}
