import {
  type Channel,
  connect,
  ConnectError,
  type Connector,
  type ConnectOptions,
  failover,
  json,
  UsageError,
} from 'rocade';
import { memory } from 'rocade/memory';
import { Router } from 'rocade/router';
import { fakeClock, recordingChannel } from 'rocade/testing';
import { describe, expect, test, vi } from 'vitest';

const options = (signal = new AbortController().signal): ConnectOptions => ({ signal, serializers: [json()] });

/** Connectors that do as they are told, and say in which order they were asked. */
function stage(...does: (Error | Channel | 'nothing')[]): { connectors: Connector[]; asked: number[] } {
  const asked: number[] = [];
  const connectors = does.map(
    (what, index): Connector =>
      ({ signal }) => {
        asked.push(index);
        if (what instanceof Error) return Promise.reject(what);
        if (what !== 'nothing') return Promise.resolve(what);
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      },
  );
  return { connectors, asked };
}

describe('several routers', () => {
  const [one, other] = [recordingChannel(), recordingChannel()];
  const down = new ConnectError('down');

  test('the first that takes the connection has it', async () => {
    const { connectors, asked } = stage(down, one, other);
    expect(await failover(connectors)(options())).toBe(one);
    expect(asked).toEqual([0, 1]);
  });

  test('the next attempt begins behind the one that was lost, and comes round', async () => {
    const { connectors, asked } = stage(one, other, down);
    const connector = failover(connectors);
    expect(await connector(options())).toBe(one);
    expect(await connector(options())).toBe(other);
    expect(await connector(options())).toBe(one);
    expect(asked).toEqual([0, 1, 2, 0]);
  });

  test('leaves no listener at the signal, whether one was taken or not', async () => {
    const { signal } = new AbortController();
    const [add, remove] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    await failover(stage(down, one).connectors)(options(signal));
    expect(remove.mock.calls).toEqual(add.mock.calls);
    expect(add).toHaveBeenCalledTimes(2);
  });

  test('when none takes it, the error has all reasons', async () => {
    const { connectors, asked } = stage(down, new ConnectError('closed'));
    const error: unknown = await failover(connectors)(options()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ message: 'no router could be reached: down; closed' });
    expect((error as Error).cause).toMatchObject({ errors: [down, { message: 'closed' }] });
    expect(asked).toEqual([0, 1]);
  });

  test('one that does not answer has its time and no more', async () => {
    const clock = fakeClock();
    const { connectors, asked } = stage('nothing', one);
    const connecting = failover(connectors, { timeout: 100, clock })(options());
    clock.advance(99);
    expect(asked).toEqual([0]);
    clock.advance(1);
    expect(await connecting).toBe(one);
    expect([asked, clock.pending]).toEqual([[0, 1], 0]);
  });

  test('an abort ends it all, with its reason', async () => {
    const clock = fakeClock();
    const abort = new AbortController();
    const { connectors, asked } = stage('nothing', one);
    const connecting = failover(connectors, { clock })(options(abort.signal));
    abort.abort(new Error('no longer wanted'));
    await expect(connecting).rejects.toThrow('no longer wanted');
    await expect(failover(connectors)(options(abort.signal))).rejects.toThrow('no longer wanted');
    expect([asked, clock.pending]).toEqual([[0], 0]);
  });

  test('an empty list, and what is no address, are refused at once', () => {
    expect(() => failover([])).toThrow(UsageError);
    expect(() => failover(['ws://localhost:1', 'http://localhost'])).toThrow(UsageError);
  });

  test('a client goes over to the other router when its own closes', async () => {
    const routers = [new Router(), new Router()] as const;
    const client = await connect(failover(routers.map((router) => memory(router))), {
      retry: { initialDelay: 1, maxDelay: 1 },
    });
    await client.register('where', () => 'here');
    const joined = new Promise((resolve) => client.on('joined', resolve));
    await routers[0].close();
    await joined;
    expect(await client.call('where')).toBe('here');
    await client.close();
    await routers[1].close();
  });
});
