import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { MessageOf } from 'rocade/protocol';
import { fakeClock } from 'rocade/testing';
import { expect, test } from 'vitest';
import { Cookies } from '../../src/router/cookies.ts';
import { EndedUploads } from '../../src/router/ended-uploads.ts';
import { Member } from '../../src/router/member.ts';
import { Bequests } from '../../src/router/testaments.ts';

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
  const bequests = new Bequests();
  const member = new Member(1, ALICE, { roles: {}, send: () => {} });
  bequests.add(member, 'destroyed', { type: 'PUBLISH', request: 1, options: {}, topic: 'gone' });
  expect([bequests.take(member).length, bequests.take(member).length]).toEqual([1, 0]);
});

test('of what sessions announce, only what the router asks for is kept', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // The shapes of objects outlive these by some turns.
  const gc = (): void => {
    for (let turn = 0; turn < 5; turn++) collect();
  };
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
