import { expect, test } from 'vitest';
import { commandReference } from '../../scripts/command-reference.js';
import { read } from './fences.ts';

test('the command reference is what `npm run docs:commands` makes of the definitions', () => {
  expect(commandReference()).toBe(read('docs/commands.md'));
});
