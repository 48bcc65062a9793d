import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { MessageOf } from 'rocade/protocol';
import { memoryHistory, Router } from 'rocade/router';
import { fakeClock } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { Cookies } from '../../src/router/cookies.ts';
import { EndedUploads } from '../../src/router/ended-uploads.ts';
import { Member } from '../../src/router/member.ts';
import { Bequests } from '../../src/router/testaments.ts';
import { jsonWire } from '../../src/serializers/index.ts';
import type { Channel } from '../../src/transports/index.ts';

type Receiver = Parameters<Channel['open']>[0];

const ALICE = { authid: 'alice', authrole: 'user', authmethod: 'ticket', authprovider: 'static' };

test('of browsers, those that logged in last are remembered', () => {
  const cookies = new Cookies(fakeClock(), 1000);
  for (let index = 0; index < 100_000; index++) cookies.remember(String(index), ALICE);
  cookies.remember('0', ALICE);
  cookies.remember('one more', ALICE);
  expect(['0', '1', '2', 'one more'].map((value) => cookies.find(value)?.authid)).toEqual([
    'alice',
    undefined,
    'alice',
    'alice',
  ]);
});

test('of calls that ended before their last part, the newest thousand are known', () => {
  const part = (request: number): MessageOf<'CALL'> => ({
    type: 'CALL',
    request,
    options: { progress: true },
    procedure: 'a',
  });
  const ended = new EndedUploads();
  for (let request = 1; request <= 1001; request++) ended.add(part(request));
  expect([1, 2, 1001].map((request) => ended.has(part(request)))).toEqual([false, true, true]);
});

test('testaments are given once', () => {
  const bequests = new Bequests({ maxTestaments: 1, maxTestamentBytes: 1 });
  const member = new Member(1, ALICE, { roles: {}, send: () => {} });
  const testament = { type: 'PUBLISH', request: 1, options: {}, topic: 'gone' } as const;
  bequests.add(member, 'destroyed', { testament, bytes: 1 });
  expect([bequests.take(member).length, bequests.take(member).length]).toEqual([1, 0]);
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
// The shapes of objects outlive these by some turns.
const gc = (): void => {
  for (let turn = 0; turn < 5; turn++) collect();
};

test('of what sessions announce, only what the router asks for is kept', () => {
  const announced = (index: number) => ({
    callee: { features: { call_timeout: true, call_canceling: false, ['x'.repeat(10_000) + index]: true } },
    ['y'.repeat(10_000) + index]: {},
  });
  gc();
  const before = process.memoryUsage().heapUsed;
  const members = Array.from(
    { length: 1000 },
    (_, id) => new Member(id, ALICE, { roles: announced(id), send: () => {} }),
  );
  gc();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(5e6);
  expect(members.every((one) => one.has('callee', 'call_timeout') && !one.has('callee', 'call_canceling'))).toBe(true);
});

describe('of long frames, only what is asked for is kept', () => {
  const uri = (index: number): string => `com.example.long.enough.${index}`;
  const CALLEE = '[64,1,{"invoke":"roundrobin"},"com.example.shared"]';
  // What is written there of any size, and means nothing.
  const filler = ' '.repeat(1_000_000);
  const options = (more = ''): string => `{${more}"x_own":"${filler}"}`;

  test.each<[string, (index: number) => string]>([
    ['SUBSCRIBE', (index) => `[32,${index},${options()},"${uri(index)}"]`],
    ['REGISTER', (index) => `[64,${index + 1},${options()},"${uri(index)}"]`],
    ['PUBLISH to be retained', (index) => `[16,${index},${options('"retain":true,')},"${uri(index)}",[1]]`],
    ['PUBLISH for some', (index) => `[16,${index},${options('"retain":true,"exclude":[1],')},"${uri(index)}",[1]]`],
    ['PUBLISH for the history', (index) => `[16,${index},${options()},"history.${uri(index)}",[1]]`],
    ['CALL', (index) => `[48,${index + 1},{},"com.example.shared",${filler}[${index}]]`],
    ['CALL with keywords', (index) => `[48,${index + 1},{},"com.example.shared",${filler}[1],{"a":${index}}]`],
    ['the last CALL in parts', (index) => `[48,${index + 1},${options('"progress":true,')},"${uri(index)}"]`],
  ])('%s', (_name, frame) => {
    const history = { topics: [{ topic: 'history.', match: 'prefix' }] } as const;
    const router = new Router({ realms: [{ name: 'realm1', history }] });
    const serializer = jsonWire();
    let receiver: Receiver | undefined;
    router.accept({
      open: (given) => {
        receiver = given;
      },
      send: () => {},
      close: () => {},
      bufferedAmount: 0,
    });
    const hear = (text: string): void => {
      for (const message of serializer.decode(text)) receiver?.message(message);
    };
    const roles =
      '{"caller":{"features":{"progressive_call_invocations":true}},"callee":{},"publisher":{},"subscriber":{}}';
    hear(`[1,"realm1",{"roles":${roles}}]`);
    hear(CALLEE);
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let index = 1; index <= 20; index++) hear(frame(index));
    gc();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5e6);
    expect(router.stats.violations).toBe(0);
  });
});

test('of the events that have passed out of a history in memory, none is kept', () => {
  const log = memoryHistory().open({ realm: 'realm1', topic: 'a', match: 'exact', maxEvents: 1, maxBytes: 1e9 });
  const event = (publication: number) =>
    ({ time: 0, publication, topic: 'a', details: {}, payload: undefined, restriction: undefined }) as const;
  const passed = new WeakRef<object>(event(1));
  log.append(passed.deref() as ReturnType<typeof event>);
  log.append(event(2));
  expect(log.events().map(({ publication }) => publication)).toEqual([2]);
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    gc();
    expect(passed.deref()).toBeUndefined();
    expect(log.events()).toHaveLength(1);
  });
});
