import { setTimeout as delay } from 'node:timers/promises';
import { type Client, type ClientOptions, connect, RocadeError, WampError } from 'rocade';
import { ChaosProxy } from './chaos-proxy.ts';
import { pseudoRandom } from './pseudo-random.ts';

/** A router that can be made to vanish. */
export interface MortalRouter {
  readonly port: number;
  /** Ends without a word and is started again; resolves when it listens. */
  kill(downMs: number): Promise<void>;
  /** Stands still for a while, without a word. */
  stop(ms: number): Promise<void>;
}

export interface ChaosOptions {
  readonly router: MortalRouter;
  readonly seed: number;
  readonly clients: number;
  /** Of each client. */
  readonly callsPerSecond: number;
  readonly seconds: number;
  /** By what outages and pauses are shortened; 1 for up to three seconds each. */
  readonly pace: number;
  readonly retry: NonNullable<ClientOptions['retry']>;
  readonly liveness: NonNullable<ClientOptions['liveness']>;
  /** Milliseconds for the opening and for each call. */
  readonly timeout: number;
  /** Told of each thing that is done to the network, and of each step after that. */
  readonly log?: (what: string) => void;
}

export interface ChaosFindings {
  /** What must not be, in words; empty when all is well. */
  readonly problems: readonly string[];
  readonly calls: number;
  readonly fulfilled: number;
  readonly rejected: number;
  readonly outages: number;
  /** Milliseconds from the return of the path to a client's first answer, ascending. */
  readonly backMs: readonly number[];
}

interface Party {
  readonly name: number;
  readonly client: Client;
  /** Session and time of the last outage, until it is over for this client. */
  waiting: { readonly since: number; readonly lost: unknown } | undefined;
  /** How often each event came. */
  readonly events: Map<string, number>;
}

/** Runs clients that call each other over a network that fails in every way, in an order that the seed decides. */
export async function chaos(options: ChaosOptions): Promise<ChaosFindings> {
  const { router, seed, seconds, callsPerSecond, timeout, pace } = options;
  const below = pseudoRandom(seed);
  /** Milliseconds: at least so many, and by chance up to so many more. */
  const some = (ms: number, more: number): number => pace * (ms + below(more));
  const proxy = new ChaosProxy(router.port);
  const url = await proxy.listen();
  const problems: string[] = [];
  const backMs: number[] = [];
  const counts = { calls: 0, pending: 0, fulfilled: 0, rejected: 0, outages: 0 };
  /** How often each call that is not to be repeated reached its callee. */
  const served = new Map<number, number>();
  let calm = false;

  const parties = await Promise.all(
    Array.from({ length: options.clients }, async (_, name): Promise<Party> => {
      const client = await connect(url, {
        timeout,
        retry: options.retry,
        liveness: options.liveness,
        offline: { timeout },
        // What cannot be restored at once is tried again.
        on: { error: () => {}, reconnecting: () => {} },
      });
      const party: Party = { name, client, waiting: undefined, events: new Map() };
      await client.register(`echo.${name}`, ([token]) => {
        served.set(token, (served.get(token) ?? 0) + 1);
        return token;
      });
      await client.subscribe('news', ([id]) => void party.events.set(id, (party.events.get(id) ?? 0) + 1));
      return party;
    }),
  );

  const answered = (party: Party): void => {
    const { waiting, client } = party;
    // An answer that was on its way before the connection broke is none of the new one.
    if (!waiting || client.session === undefined || client.session === waiting.lost) return;
    backMs.push(performance.now() - waiting.since);
    party.waiting = undefined;
  };

  async function call(party: Party, token: number): Promise<void> {
    const idempotent = token % 4 === 0;
    counts.calls++;
    counts.pending++;
    try {
      const result = await party.client.call(`echo.${below(options.clients)}`, [token], { idempotent });
      if (result !== token) problems.push(`a call of ${token} came to ${String(result)}`);
      counts.fulfilled++;
      answered(party);
    } catch (error) {
      counts.rejected++;
      if (error instanceof WampError) answered(party);
      if (!(error instanceof RocadeError)) problems.push(`a call of ${token} failed: ${String(error)}`);
    }
    counts.pending--;
    if (!idempotent && (served.get(token) ?? 0) > 1) problems.push(`a call of ${token} was answered twice`);
  }

  async function traffic(party: Party): Promise<void> {
    for (let count = 0; !calm; count++) {
      void call(party, party.name * 1_000_000 + count);
      if (count % 20 === 0) void party.client.publish('news', [`${party.name} ${count}`], { excludeMe: false });
      await delay(1000 / callsPerSecond);
    }
  }

  /** The path is there again. `destructive`: over connections made anew. */
  function back(destructive: boolean): void {
    counts.outages++;
    for (const party of parties)
      party.waiting = { since: performance.now(), lost: destructive ? party.client.session : null };
  }

  const deeds: Record<string, () => Promise<void>> = {
    async cut() {
      back(true);
      proxy.cut();
    },
    async 'cut some'() {
      proxy.cut(() => below(3) === 0);
    },
    async latency() {
      proxy.delayMs = () => 50 + below(100);
      await delay(some(1000, 1000));
      proxy.delayMs = () => 0;
    },
    async 'black hole'() {
      proxy.swallow();
      await delay(some(500, 2500));
      proxy.release();
      back(false);
    },
    async 'half-open'() {
      back(true);
      proxy.halfOpen(() => true);
    },
    async 'some half-open'() {
      proxy.halfOpen(() => below(2) === 0);
    },
    async 'router killed'() {
      await router.kill(some(200, 2000));
      back(false);
    },
    async 'router stopped'() {
      await router.stop(some(500, 2500));
      back(false);
    },
  };

  const running = parties.map(traffic);
  const end = performance.now() + seconds * 1000;
  const names = Object.keys(deeds);
  // Each at least once, in turn, and then as chance will have it.
  for (let count = 0; count < names.length || performance.now() < end; count++) {
    const name = names[count < names.length ? count : below(names.length)] as string;
    options.log?.(name);
    await deeds[name]?.();
    await delay(some(500, 2000));
  }
  calm = true;
  options.log?.('calm: waits for the calls that are pending');
  await Promise.all(running);
  await settled(() => counts.pending === 0, 2 * timeout + 5000);
  if (counts.pending > 0) problems.push(`${counts.pending} calls are not settled`);

  await settled(() => parties.every(({ waiting, client }) => !waiting || client.session), 10_000);
  options.log?.('looks at what is restored');
  for (const party of parties) await restored(party);
  await news();
  options.log?.('closes the clients');
  await Promise.all(parties.map(({ client }) => client.close()));
  options.log?.('closes the proxy');
  await proxy.close();
  const { calls, fulfilled, rejected, outages } = counts;
  return { problems, calls, fulfilled, rejected, outages, backMs: backMs.toSorted((a, b) => a - b) };

  /** Every procedure is there, once. */
  async function restored({ name, client }: Party): Promise<void> {
    const caller = parties[(name + 1) % parties.length] as Party;
    const token = -1 - name;
    let last: unknown;
    let attempts = 0;
    await settled(async () => {
      attempts++;
      last = await caller.client.call(`echo.${name}`, [token]).catch((error: unknown) => error);
      return last === token;
    }, 30_000);
    if (last !== token) problems.push(`echo.${name} of session ${client.session?.id} is lost: ${String(last)}`);
    else if (served.get(token) !== 1 && attempts === 1)
      problems.push(`echo.${name} was called ${served.get(token)} times`);
  }

  /** Every subscription is there, once; and no event came twice. */
  async function news(): Promise<void> {
    const [{ client }] = parties as [Party];
    await client.publish('news', ['last'], { acknowledge: true, excludeMe: false });
    await settled(() => parties.every(({ events }) => events.has('last')), 10_000);
    for (const { name, events } of parties) {
      if (!events.has('last')) problems.push(`the subscription of ${name} is lost`);
      for (const [id, times] of events) if (times > 1) problems.push(`event ${id} came ${times} times to ${name}`);
    }
  }
}

/** Waits until something is so, for so long at most. */
async function settled(isSo: () => boolean | Promise<boolean>, ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end && !(await isSo()); ) await delay(20);
}

/** The value below which this part of a sorted list lies. */
export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
