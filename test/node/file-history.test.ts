import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'rocade';
import { memory } from 'rocade/memory';
import { metaApi } from 'rocade/meta';
import { fileHistory } from 'rocade/node';
import { type HistoryEvent, type HistoryLog, type HistoryLogOptions, Router } from 'rocade/router';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let directory: string;
let errors: Error[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rocade-history-'));
  errors = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const OPTIONS: HistoryLogOptions = { realm: 'realm1', topic: 'news', match: 'exact', maxEvents: 10, maxBytes: 100_000 };
const open = (options: Partial<HistoryLogOptions> = {}) =>
  fileHistory({ directory, onError: (error) => errors.push(error) }).open({ ...OPTIONS, ...options });

function event(value: unknown, more: Partial<HistoryEvent> = {}): HistoryEvent {
  const payload = { args: [value], kwargs: { octets: new Uint8Array([0, 255]) } };
  return { time: 1000, publication: 7, topic: 'news', details: {}, payload, restriction: undefined, ...more };
}

const valuesOf = (events: readonly HistoryEvent[]): unknown[] => events.map(({ payload }) => payload?.args[0]);
const theFile = (): string => join(directory, readdirSync(directory)[0] as string);

describe('a log in a file', () => {
  test('is the same after it was closed and opened again', async () => {
    const log = open();
    log.append(
      event('Straße\n"', { time: 1234.5, restriction: { eligible_authrole: ['admin'] }, details: { publisher: 3 } }),
    );
    log.append(event(undefined, { payload: undefined, topic: 'news.more' }));
    await log.close?.();
    const [first, second] = await open().events();
    expect(first).toMatchObject({
      time: 1234.5,
      publication: 7,
      topic: 'news',
      details: { publisher: 3 },
      restriction: { eligible_authrole: ['admin'] },
    });
    expect([first?.payload?.args, first?.payload?.kwargs]).toEqual([
      ['Straße\n"'],
      { octets: new Uint8Array([0, 255]) },
    ]);
    expect(second).toMatchObject({ topic: 'news.more', payload: undefined, restriction: undefined });
    expect(errors).toEqual([]);
  });

  test('holds the newest up to its limit, and its file does not grow for ever', async () => {
    const log = open();
    for (let round = 0; round < 50; round++) {
      for (let index = 0; index < 20; index++) log.append(event(round * 20 + index));
      // As much as is written before the next round.
      await log.events();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await log.close?.();
    const lines = readFileSync(theFile(), 'utf8').split('\n').length;
    expect(lines).toBeLessThan(160);
    expect(valuesOf(await open().events())).toEqual(Array.from({ length: 10 }, (_, index) => 990 + index));
    expect(readdirSync(directory)).toHaveLength(1);
  });

  test('has a file that is short of long events, too, and none that are too long to be kept', async () => {
    for (let index = 0; index < 30; index++) {
      const log = open();
      log.append(event(String(index).repeat(20_000)));
      log.append(event('x'.repeat(150_000)));
      await log.close?.();
    }
    expect(errors).toEqual([]);
    expect(readFileSync(theFile(), 'utf8').length).toBeLessThan(500_000);
    expect(valuesOf(await open().events()).at(-1)).toBe('29'.repeat(20_000));
  });

  test('goes on where it was, over many starts', async () => {
    for (let start = 0; start < 5; start++) {
      const log = open();
      log.append(event(start));
      await log.close?.();
    }
    expect(valuesOf(await open().events())).toEqual([0, 1, 2, 3, 4]);
  });

  test('a line that was not finished is left out, and the next is not joined to it', async () => {
    const log = open();
    log.append(event('whole'));
    await log.close?.();
    const whole = readFileSync(theFile(), 'utf8');
    appendFileSync(theFile(), whole.slice(0, 20));
    const again = open();
    expect(valuesOf(await again.events())).toEqual(['whole']);
    again.append(event('next'));
    await again.close?.();
    expect(valuesOf(await open().events())).toEqual(['whole', 'next']);
    expect(errors).toEqual([]);
  });

  test('what is no line of a log is told and left out', async () => {
    const log = open();
    log.append(event(1));
    await log.close?.();
    writeFileSync(theFile(), `rubbish\n{"time":1,"topic":"a"}\t[16,1,{},"a"]\n${readFileSync(theFile(), 'utf8')}`);
    expect(valuesOf(await open().events())).toEqual([1]);
    expect(errors.map(({ message }) => message.slice(directory.length + 1).replace(/^\S+, /u, ''))).toEqual([
      'line 1 is left out',
      'line 2 is left out',
    ]);
  });

  test('what JSON cannot carry is told, and stays in memory', async () => {
    const log = open();
    log.append(event(() => 1));
    log.append(event(2));
    expect(await log.events()).toHaveLength(2);
    await log.close?.();
    expect(valuesOf(await open().events())).toEqual([2]);
    expect(errors).toHaveLength(1);
  });

  test('a file that cannot be written is told, and events stay in memory', async () => {
    const log = open();
    rmSync(directory, { recursive: true });
    log.append(event(1));
    await log.close?.();
    expect(valuesOf(await log.events())).toEqual([1]);
    expect(errors.map((error) => (error as NodeJS.ErrnoException).code)).toEqual(['ENOENT']);
  });

  test('what could not be written is written with what comes once that is possible again', async () => {
    let log: HistoryLog | undefined;
    await new Promise<unknown>((failed) => {
      log = fileHistory({ directory, onError: failed }).open(OPTIONS);
      rmSync(directory, { recursive: true });
      log.append(event(1));
    });
    mkdirSync(directory);
    log?.append(event(2));
    await log?.close?.();
    expect(valuesOf(await open().events())).toEqual([1, 2]);
  });

  test('each place has a file of its own, whatever its name', async () => {
    const places = [
      { topic: 'a/../b' },
      { topic: 'A' },
      { topic: 'a' },
      { topic: '', match: 'prefix' as const },
      { topic: 'x'.repeat(1000) },
      { topic: 'a', realm: 'other' },
    ];
    for (const [index, place] of places.entries()) {
      const log = open(place);
      log.append(event(index));
      await log.close?.();
    }
    expect(readdirSync(directory)).toHaveLength(places.length);
    for (const [index, place] of places.entries()) expect(valuesOf(await open(place).events())).toEqual([index]);
  });
});

test('a router that starts again gives the events of before, also those that were published in the last moment', async () => {
  const history = { topics: [{ topic: 'news.', match: 'prefix' }], store: fileHistory({ directory }) } as const;
  const start = () => new Router({ realms: [{ name: 'realm1', history }] });
  const first = start();
  const publisher = await connect(memory(first), { retry: false });
  for (const value of [1, 2, 3]) await publisher.publish('news.sport', [value], { acknowledge: true });
  await first.close();

  const second = start();
  const client = await connect(memory(second), { retry: false });
  await client.publish('news.weather', ['rain'], { acknowledge: true });
  const { subscriptions } = metaApi(client);
  const id = (await subscriptions.lookup('news.', 'prefix')) ?? 0;
  expect((await subscriptions.getEvents(id)).map(({ topic, args }) => [topic, args])).toEqual([
    ['news.sport', [1]],
    ['news.sport', [2]],
    ['news.sport', [3]],
    ['news.weather', ['rain']],
  ]);
  await client.close();
  await second.close();
});
