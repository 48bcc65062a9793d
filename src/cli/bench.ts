import { Command, Option } from 'commander';
import type { Client } from '../index.ts';
import { type ConnectionFlags, withClient, withConnection } from './connection.ts';
import { withHelp } from './help.ts';
import { count } from './numbers.ts';
import { print, toJson } from './output.ts';
import { summary } from './percentiles.ts';

interface BenchFlags extends ConnectionFlags {
  readonly kind: 'call' | 'publish';
  readonly seconds: number;
  readonly concurrency: number;
  readonly bytes: number;
  readonly procedure?: string;
}

/** `rocade bench`: how many calls or acknowledged events a router takes from one connection. */
export function benchCommand(): Command {
  return withHelp(withConnection(new Command('bench')), {
    notes: ['Caller and callee share this process, so the figures say less than two machines would.'],
    examples: ['rocade bench', 'rocade bench --kind publish --serializer msgpack --bytes 1024 --json'],
  })
    .description('measure how many calls or acknowledged events go through one connection')
    .addOption(new Option('-k, --kind <kind>', 'what to send').choices(['call', 'publish']).default('call'))
    .option('-s, --seconds <number>', 'for how long', count, 5)
    .option('-c, --concurrency <number>', 'how many are under way at a time', count, 50)
    .option('-b, --bytes <number>', 'length of the text that each carries', count, 64)
    .option('--procedure <uri>', 'call this one; without it, this command answers its own calls')
    .action(async (flags: BenchFlags) => {
      const { times, seconds } = await withClient(flags, (client, signal) => measure(client, signal, flags));
      const figures = { perSecond: Math.round(times.length / seconds), count: times.length, ...summary(times) };
      const { perSecond, p50, p99, max } = figures;
      if (flags.json) print(toJson(figures));
      else print(`${perSecond} ${flags.kind}s per second; p50 ${p50}, p99 ${p99}, max ${max} ms`);
    });
}

async function measure(
  client: Client,
  signal: AbortSignal,
  { kind, seconds, concurrency, bytes, procedure }: BenchFlags,
): Promise<{ readonly times: readonly number[]; readonly seconds: number }> {
  const own = `rocade.bench.s${client.session?.id}`;
  const text = 'x'.repeat(bytes);
  if (kind === 'call' && procedure === undefined) await client.register(own, ([value]) => value as unknown);
  const send =
    kind === 'call'
      ? () => client.call<unknown>(procedure ?? own, [text])
      : () => client.publish(own, [text], { acknowledge: true });
  const times: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  const worker = async (): Promise<void> => {
    for (let now = performance.now(); now < end && !signal.aborted; now = performance.now()) {
      await send();
      times.push(performance.now() - now);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { times, seconds: (performance.now() - start) / 1000 };
}
