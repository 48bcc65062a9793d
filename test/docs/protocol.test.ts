import type * as protocol from 'rocade/protocol';
import { expect, test } from 'vitest';
import { protocolReference } from '../../scripts/protocol-reference.js';
import { read } from './fences.ts';
import { imported } from './imported.ts';

test('the protocol reference is what `npm run docs:protocol` makes of the message table', async () => {
  expect(await protocolReference()).toBe(read('docs/protocol.md'));
});

test('the error text that it shows is the one that comes', async () => {
  const { messageFrom } = (await imported('rocade/protocol')) as unknown as typeof protocol;
  const [, shown] = /^> `(.*)`$/m.exec(read('docs/protocol.md')) ?? [];
  expect(() => messageFrom([48, 1, { timeout: 'soon' }, 'math.add'])).toThrow(shown as string);
});
