import { connect, json, PayloadError, TimeoutError } from 'rocade';
import { memory } from 'rocade/memory';
import { Router } from 'rocade/router';
import { fakeClock, recordingChannel, testRouter } from 'rocade/testing';
import { describe, expect, test, vi } from 'vitest';

describe('fakeClock', () => {
  test('stands still, and runs what falls due in the order of time and then of setting', () => {
    const clock = fakeClock();
    const ran: string[] = [];
    const set = (name: string, delay: number): (() => void) =>
      clock.after(delay, () => ran.push(`${name} at ${clock.now()}`));
    set('late', 30);
    set('first', 10);
    set('second', 10);
    set('never', 20)();
    expect([clock.now(), clock.pending]).toEqual([0, 3]);
    clock.advance(29);
    expect([ran, clock.now(), clock.pending]).toEqual([['first at 10', 'second at 10'], 29, 1]);
    clock.advance(1);
    expect([ran.at(-1), clock.now(), clock.pending]).toEqual(['late at 30', 30, 0]);
  });

  test('a timer set by a timer runs in the same advance if it falls due in it', () => {
    const clock = fakeClock();
    const ran: number[] = [];
    const again = (): void => {
      ran.push(clock.now());
      clock.after(10, again);
    };
    clock.after(10, again);
    clock.advance(35);
    expect([ran, clock.pending]).toEqual([[10, 20, 30], 1]);
  });

  test('one taken back by another that is due at the same time does not run', () => {
    const clock = fakeClock();
    const second = vi.fn();
    let take = (): void => {};
    clock.after(10, () => take());
    take = clock.after(10, second);
    clock.advance(10);
    expect(second).not.toHaveBeenCalled();
  });

  test('drives a client', async () => {
    const clock = fakeClock();
    await using client = await connect(memory(new Router()), { clock });
    await client.register('never.answered', () => new Promise(() => {}));
    const call = client.call('never.answered', [], { timeout: 500 });
    clock.advance(500);
    await expect(call).rejects.toThrow(TimeoutError);
  });
});

describe('recordingChannel', () => {
  const goodbye = { type: 'GOODBYE', details: {}, reason: 'wamp.close.normal' } as const;
  const receiver = () => ({ message: vi.fn(), violation: vi.fn(), closed: vi.fn() });

  test('records what is sent, and gives it out in order, by type', async () => {
    const channel = recordingChannel();
    const next = channel.next('GOODBYE');
    channel.send(goodbye);
    channel.send({ type: 'CANCEL', request: 1, options: {} });
    expect(await next).toBe(goodbye);
    expect(() => channel.take('GOODBYE')).toThrow(/^expected GOODBYE to be sent, got \{"type":"CANCEL"/);
    expect(() => channel.expectNothingSent()).toThrow(/^expected nothing to be sent, got \{"type":"CANCEL"/);
    expect(channel.take('CANCEL').request).toBe(1);
    expect(() => channel.take('CANCEL')).toThrow('expected CANCEL to be sent, got nothing');
    channel.expectNothingSent();
    expect(channel.sent.map(({ type }) => type)).toEqual(['GOODBYE', 'CANCEL']);
  });

  test('hands on what the test delivers, at once', () => {
    const channel = recordingChannel();
    expect(() => channel.deliver(goodbye)).toThrow('nobody has opened the channel yet');
    const opened = receiver();
    channel.open(opened);
    expect(() => channel.open(opened)).toThrow('the channel was opened twice');
    channel.deliver(goodbye, goodbye);
    channel.violate('frame: odd');
    expect([opened.message.mock.calls.length, opened.violation.mock.calls[0]?.[0].message]).toEqual([2, 'frame: odd']);
  });

  test('behaves like any channel after the end, from either side', () => {
    for (const end of ['close', 'lose'] as const) {
      const channel = recordingChannel();
      const opened = receiver();
      channel.open(opened);
      if (end === 'close') channel.close(1002, 'odd');
      else channel.lose();
      channel.send(goodbye);
      channel.deliver(goodbye);
      channel.violate();
      channel.lose();
      channel.close();
      expect([channel.sent.length, opened.message.mock.calls.length, opened.violation.mock.calls.length]).toEqual([
        0, 0, 0,
      ]);
      expect(opened.closed.mock.calls).toEqual(end === 'lose' ? [[{ code: 1006, reason: '' }]] : []);
      expect(channel.closedWith).toEqual(end === 'close' ? { code: 1002, reason: 'odd' } : undefined);
    }
  });

  test('with a serializer, refuses what that cannot write, and hands on copies', () => {
    const channel = recordingChannel({ serializer: json() });
    const event = (value: unknown) =>
      ({
        type: 'EVENT',
        subscription: 1,
        publication: 1,
        details: {},
        payload: { args: [value], kwargs: undefined },
      }) as const;
    expect(() => channel.send(event(() => 1))).toThrow(PayloadError);
    channel.send(event(1));
    expect(channel.take('EVENT').payload?.args).toEqual([1]);
  });
});

describe('testRouter', () => {
  test('connects any number of clients to one router, and closes them all', async () => {
    const made = testRouter({ realms: ['one', 'two'], serializer: json() });
    const [a, b] = await Promise.all([made.connect(), made.connect()]);
    const c = await made.connect({ realm: 'two' });
    expect([a.session?.realm, b.session?.realm, c.session?.realm]).toEqual(['one', 'one', 'two']);
    await a.register('math.add', ([x, y]) => x + y);
    expect(await b.call('math.add', [2, 3])).toBe(5);
    await made.close();
    await Promise.all([a, b, c].map((client) => client.closed));
    expect(made.router.counts('one')).toMatchObject({ sessions: 0 });
  });

  test('goes with its scope', async () => {
    let client: Awaited<ReturnType<ReturnType<typeof testRouter>['connect']>>;
    {
      await using made = testRouter();
      client = await made.connect();
    }
    expect(client.session).toBeUndefined();
  });
});
