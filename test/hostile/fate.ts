import { expect } from 'vitest';
import type { Fate, HostileCase, SerializerId } from './cases.ts';
import type { Outcome } from './victim.ts';

/** Nothing is left unsettled, nothing in the program is changed, and the session has ended as it should, or goes on. */
export function expectFate(outcome: Outcome, hostile: HostileCase, id: SerializerId): void {
  const { when } = hostile;
  const fate = fateOf(hostile, id);
  expect(outcome.polluted).toBe(false);
  if (when === 'opening' && fate !== 'lives') {
    expect(outcome).toMatchObject({ refused: fate, promises: {} });
    return;
  }
  expect(outcome.refused).toBe(undefined);
  const { subscribed, registered, closed, ...others } = outcome.promises;
  expect(closed).toBe('resolved');
  expect(Object.keys(others)).toEqual(['call', 'publish', 'subscribe', 'register']);
  // Who lives is closed by the router's leaving, in the end.
  expect(outcome.closed).toBe(fate === 'lives' ? 'connection_lost' : fate);
  // Browsers drop what came together with octets that are no WebSocket's.
  if (when === 'opening' || hostile.octets) return;
  expect([subscribed, registered]).toEqual(['resolved', 'resolved']);
  expect(outcome.alive).toBe(fate === 'lives');
}

export function fateOf({ fate, fateInJson = fate }: HostileCase, id: SerializerId): Fate {
  return id === 'json' ? fateInJson : fate;
}
