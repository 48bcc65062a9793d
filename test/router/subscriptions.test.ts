import type { MatchPolicy } from 'rocade/protocol';
import { describe, expect, test } from 'vitest';
import { Member } from '../../src/router/member.ts';
import { Subscriptions } from '../../src/router/subscriptions.ts';

const IDENTITY = { authid: 'alice', authrole: 'anonymous', authmethod: 'anonymous', authprovider: 'static' };

function memberOf(id: number): Member {
  return new Member(id, IDENTITY, { roles: {}, send: () => {} });
}

describe('who hears of what the router itself publishes', () => {
  test.each<[string, MatchPolicy, boolean]>([
    ['wamp.session.on_join', 'exact', true],
    ['wamp.', 'prefix', true],
    ['w', 'prefix', true],
    ['', 'prefix', true],
    ['wamp..on_join', 'wildcard', true],
    ['..on_join', 'wildcard', true],
    ['com.example.wamp', 'exact', false],
    ['wampum', 'exact', false],
    ['com.', 'prefix', false],
    ['com..on_join', 'wildcard', false],
  ])("'%s' by %s: %s, and nobody any more when its subscribers have gone", (topic, match, hears) => {
    const subscriptions = new Subscriptions();
    const [one, other] = [memberOf(1), memberOf(2)];
    expect(subscriptions.hearRouter).toBe(false);
    for (const member of [one, other, one]) subscriptions.add(member, { topic, match }, () => {});
    expect(subscriptions.hearRouter).toBe(hears);
    subscriptions.leave(one);
    expect(subscriptions.hearRouter).toBe(hears);
    const [subscription] = subscriptions.all();
    if (!subscription) throw new Error('expected the subscription to be there for the other one');
    expect(subscriptions.remove(other, subscription)).toBe(true);
    expect(subscriptions.hearRouter).toBe(false);
    expect(subscriptions.size).toBe(0);
  });
});
