import { type AuthMethod, AuthError } from 'rocade/auth';
import type { Dict } from 'rocade/protocol';
import { expect } from 'vitest';

/** How long a refusal may take: nothing dear may have been begun. A slow machine is allowed for. */
export const REFUSED_WITHIN_MS = 100;

/** The error that answering ends with, and how many milliseconds that took. */
export async function refusal(method: AuthMethod, challenge: Dict): Promise<{ error: Error; tookMs: number }> {
  const start = performance.now();
  try {
    await method.answer(challenge);
  } catch (error) {
    expect(error).toBeInstanceOf(AuthError);
    return { error: error as Error, tookMs: performance.now() - start };
  }
  throw new Error('expected a refusal');
}

/** A text with one bit of one of its characters the other way round, for each character. */
export function* flipped(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++)
    yield text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
}
