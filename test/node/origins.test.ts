import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { StartOptions } from 'rocade/node';
import { describe, expect, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { cleanups, setStage, start } from './stage.ts';

setStage();

/** What a page of an origin gets: a WebSocket, or the status and the text that it is refused with. */
async function comes(url: string, options: ClientOptions): Promise<string> {
  const webSocket = new WebSocket(url, 'wamp.2.json', options);
  cleanups.push(() => webSocket.terminate());
  webSocket.on('error', () => {});
  return Promise.race([
    once(webSocket, 'open').then(() => 'a WebSocket'),
    once(webSocket, 'unexpected-response').then(async (heard) => {
      const [, response] = heard as [unknown, IncomingMessage];
      let text = '';
      for await (const chunk of response) text += String(chunk);
      return `${response.statusCode} ${text}`;
    }),
  ]);
}

const serve = (options: StartOptions = {}) => start({ listen: 'ws://127.0.0.1:0', ...options });
const ELSEWHERE = 'http://elsewhere.example';
const refused = (origin: string): string => `403 pages of ${origin} may not connect here`;

describe('any page can make a browser connect; one of', () => {
  test.each([
    ELSEWHERE,
    'https://localhost.elsewhere.example',
    'http://127.0.0.1.elsewhere.example:9000',
    // Of a file, or of a frame without rights.
    'null',
  ])('%s may not', async (origin) => {
    const { url } = await serve();
    expect(await comes(url, { origin })).toBe(refused(origin));
  });

  test('this machine may, whatever its port, and so may the host that it was asked for by', async () => {
    const { url } = await serve();
    for (const origin of ['http://localhost:5173', 'http://127.0.0.1', 'https://[::1]:8443'])
      expect([origin, await comes(url, { origin })]).toEqual([origin, 'a WebSocket']);
    const headers = { host: 'forum.example:8080' };
    expect(await comes(url, { origin: 'https://forum.example:8080', headers })).toBe('a WebSocket');
    expect(await comes(url, { origin: 'https://forum.example', headers })).toBe(refused('https://forum.example'));
  });

  test('an origin that was named may, to the letter, and with * any', async () => {
    const [named, any] = [await serve({ origins: [ELSEWHERE] }), await serve({ origins: ['*'] })];
    expect(await comes(named.url, { origin: ELSEWHERE })).toBe('a WebSocket');
    expect(await comes(named.url, { origin: `${ELSEWHERE}:81` })).toBe(refused(`${ELSEWHERE}:81`));
    expect(await comes(any.url, { origin: 'null' })).toBe('a WebSocket');
  });
});

test('programs, which have no origin, are not kept out', async () => {
  const { url } = await serve();
  expect(await comes(url, {})).toBe('a WebSocket');
});
