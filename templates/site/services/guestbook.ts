import { WampError } from 'rocade';
import { App } from 'rocade/app';
import type { Entry, Site } from '../contract.ts';

const app = new App<Site>();
const entries: Entry[] = [];

app.procedure('guestbook.sign', ([name, text]) => {
  // The types say what callers should send; who they are is not known.
  if (typeof name !== 'string' || typeof text !== 'string' || name.trim() === '' || text.trim() === '')
    throw new WampError('guestbook.error.empty', ['Write your name and something else.']);
  const entry = { name, text };
  entries.push(entry);
  void app.client.publish('guestbook.signed', [entry]);
  return entry;
});

app.procedure('guestbook.list', () => entries);

export default app;
