import { describe, expect, test } from 'vitest';
import { terminalWatch } from '../../src/cli/terminal.ts';

describe('the terminal of a command', () => {
  test('is closed once there is none any more', () => {
    let there = true;
    const closed = terminalWatch(() => there);
    expect(closed()).toBe(false);
    there = false;
    expect(closed()).toBe(true);
  });

  test('cannot be closed when there was none', () => {
    expect(terminalWatch(() => false)()).toBe(false);
  });
});
