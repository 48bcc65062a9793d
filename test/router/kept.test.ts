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
