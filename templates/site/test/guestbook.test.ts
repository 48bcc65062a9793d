import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testApp } from 'rocade/testing';
import app from '../services/guestbook.ts';

test('who signs is in the book, and everybody is told', async () => {
  await using site = await testApp(app);
  const told = new Promise((resolve) => void site.client.subscribe('guestbook.signed', ([entry]) => resolve(entry)));
  const entry = await site.client.call('guestbook.sign', ['alice', 'Hello!']);
  assert.deepEqual(entry, { name: 'alice', text: 'Hello!' });
  assert.deepEqual(await told, entry);
  assert.deepEqual(await site.client.call('guestbook.list'), [entry]);
});

test('an empty entry is refused', async () => {
  await using site = await testApp(app);
  await assert.rejects(site.client.call('guestbook.sign', ['', '']), { uri: 'guestbook.error.empty' });
});
