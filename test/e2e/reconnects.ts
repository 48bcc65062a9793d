import type { Client } from 'rocade';

export interface Reconnects {
  readonly rounds: number;
  readonly subscriptions: number;
  readonly registrations: number;
  /** Called when everything is there, before the first round, and after the last. */
  readonly measure?: () => void;
}

export interface Outcome {
  /** How many events each subscription got of one publication, and how often each registration was called by one call. */
  readonly events: readonly number[];
  readonly calls: readonly number[];
  /** What was reported meanwhile. */
  readonly errors: readonly Error[];
}

/** Forces a client to reconnect again and again, and then looks what it still has. `other` is a client of the same router. */
export async function reconnects(client: Client, other: Client, options: Reconnects): Promise<Outcome> {
  const events = Array.from({ length: options.subscriptions }, () => 0);
  const calls = Array.from({ length: options.registrations }, () => 0);
  const errors: Error[] = [];
  client.on('error', (error) => void errors.push(error));
  await Promise.all([
    ...events.map((_, index) => client.subscribe(`topic.${index}`, () => void (events[index] as number)++)),
    ...calls.map((_, index) => client.register(`procedure.${index}`, () => void (calls[index] as number)++)),
  ]);
  options.measure?.();
  for (let round = 0; round < options.rounds; round++) {
    const joined = new Promise<void>((resolve) => {
      const off = client.on('joined', () => {
        off();
        resolve();
      });
    });
    client.reconnect();
    await joined;
    // Behind everything that is restored.
    await client.publish('mark', [], { acknowledge: true });
  }
  options.measure?.();
  // What the router still held when it was asked for again is tried once more after a moment.
  for (let index = 0; index < calls.length; index++) await reached(other, `procedure.${index}`);
  await Promise.all(events.map((_, index) => other.publish(`topic.${index}`, [], { acknowledge: true })));
  await client.publish('mark', [], { acknowledge: true });
  return { events, calls, errors };
}

async function reached(caller: Client, procedure: string): Promise<void> {
  for (;;) {
    try {
      return await caller.call(procedure);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
