import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { LineBuffer, type LogLine } from '../../src/process/line-buffer.ts';
import { Lines } from '../../src/process/lines.ts';
import { RotatingFile } from '../../src/process/rotating-file.ts';
import { Spool } from '../../src/process/spool.ts';

const folder = mkdtempSync(join(tmpdir(), 'rocade-output-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('lines of what is printed', () => {
  function linesOf(...chunks: readonly (string | Buffer)[]): string[] {
    const heard: string[] = [];
    const lines = new Lines((line) => void heard.push(line));
    for (const chunk of chunks) lines.write(Buffer.from(chunk as string));
    lines.end();
    return heard;
  }

  test('come in pieces of any size, the last one without its end', () => {
    expect(linesOf('a', 'b\nc\r\n\nd')).toEqual(['ab', 'c', '', 'd']);
  });

  test('may be torn within a letter, and hold what is none', () => {
    const octets = Buffer.from('é\n');
    expect(linesOf(octets.subarray(0, 1), octets.subarray(1))).toEqual(['é']);
    expect(linesOf(Buffer.from([0xff, 0x61, 0x0a]))).toEqual(['\uFFFDa']);
  });

  test('are cut when they are long, once, and the next one begins anew', () => {
    const long = 'x'.repeat(8192);
    expect(linesOf(`${long}\n`)).toEqual([long]);
    expect(linesOf(`${long}yz`, 'and more', '\nnext\n')).toEqual([`${long}… (cut)`, 'next']);
    expect(linesOf(...Array.from({ length: 50 }, () => 'x'.repeat(1000)))).toEqual([`${long}… (cut)`]);
  });

  test('hold nothing that a terminal obeys, or that looks like another line', () => {
    expect(linesOf('\x1b[31mred\x1b[0m\tx\x07\rfake\u2028line\x9b\n')).toEqual([
      'red\tx\\x07\\x0dfake\\x2028line\\x9b',
    ]);
  });
});

describe('the last lines', () => {
  const line = (text: string): LogLine => ({ process: 'a', stream: 'stdout', text, time: 0 });
  const texts = (lines: readonly LogLine[]): string => lines.map(({ text }) => text).join('');

  test('are kept, as many as there is room for, and each is told', () => {
    const heard: LogLine[] = [];
    const buffer = new LineBuffer(3, (one) => void heard.push(one));
    for (const text of 'abcdefghi') buffer.add(line(text));
    expect([texts(buffer.tail(9)), texts(buffer.tail(2)), texts(buffer.tail(0))]).toEqual(['ghi', 'hi', '']);
    expect(texts(heard)).toBe('abcdefghi');
    buffer.resize(1);
    expect(texts(buffer.tail(9))).toBe('i');
    buffer.resize(2);
    for (const text of 'xyz') buffer.add(line(text));
    expect(texts(buffer.tail(9))).toBe('yz');
  });
});

describe('a spool', () => {
  test('asks the writer to wait while too much waits, and writes one piece at a time', async () => {
    const written: number[] = [];
    let done = (): void => {};
    const spool = new Spool({
      append: (chunk) => {
        written.push(chunk.length);
        return new Promise((resolve) => {
          done = resolve;
        });
      },
      onFailure: () => {},
      onRecovery: () => {},
    });
    expect(spool.write(Buffer.alloc(10))).toBe(true);
    expect(spool.write(Buffer.alloc(200_000))).toBe(true);
    expect(spool.write(Buffer.alloc(100_000))).toBe(false);
    let isDrained = false;
    const drained = spool.drained().then(() => {
      isDrained = true;
    });
    await Promise.resolve();
    expect([written, isDrained]).toEqual([[10], false]);
    done();
    await drained;
    expect(written).toEqual([10, 300_000]);
    done();
    await spool.flush();
    await spool.drained();
  });

  test('drops what cannot be written, says so once, and counts it', async () => {
    const told: unknown[] = [];
    let isFull = true;
    const spool = new Spool({
      append: () => (isFull ? Promise.reject(new Error('no space')) : Promise.resolve()),
      onFailure: ({ message }) => void told.push(message),
      onRecovery: (bytes) => void told.push(bytes),
    });
    for (const size of [10, 20]) {
      spool.write(Buffer.alloc(size));
      await spool.flush();
    }
    isFull = false;
    spool.write(Buffer.alloc(5));
    await spool.flush();
    spool.write(Buffer.alloc(5));
    await spool.flush();
    expect(told).toEqual(['no space', 30]);
  });
});

describe('a file of output', () => {
  async function written(name: string, chunks: readonly string[], limits: { maxBytes: number; keep: number }) {
    const path = join(folder, name, 'out.log');
    const file = new RotatingFile({ path, ...limits, onTrouble: (message) => expect(message).toBe('') });
    for (const chunk of chunks) {
      file.spool.write(Buffer.from(chunk));
      await file.spool.flush();
    }
    await file.close();
    return Object.fromEntries(
      readdirSync(join(folder, name)).map((one) => [one, readFileSync(join(folder, name, one), 'utf8')]),
    );
  }

  test('is put aside when it is full, at the end of a line, and the oldest go', async () => {
    expect(
      await written('kept', ['first\n', 'aaaa\n', 'bb', 'b\ncccc\n', 'dddd\n', 'eeee\n'], { maxBytes: 8, keep: 2 }),
    ).toEqual({
      'out.log': 'eeee\n',
      'out.log.1': 'cccc\ndddd\n',
      'out.log.2': 'bbb\n',
    });
  });

  test('goes on where it ended, and is begun anew where none are kept', async () => {
    const limits = { maxBytes: 12, keep: 0 };
    expect(await written('none', ['aaaa\n'], limits)).toEqual({ 'out.log': 'aaaa\n' });
    expect(await written('none', ['bbbb\n'], limits)).toEqual({ 'out.log': 'aaaa\nbbbb\n' });
    expect(await written('none', ['cccc\ndddd\n'], limits)).toEqual({ 'out.log': 'dddd\n' });
  });

  test('is opened anew after somebody else has put it aside, once that is asked for', async () => {
    const path = join(folder, 'moved.log');
    const file = new RotatingFile({ path, maxBytes: 1000, keep: 1, onTrouble: (message) => expect(message).toBe('') });
    const write = async (text: string): Promise<void> => {
      file.spool.write(Buffer.from(text));
      await file.spool.flush();
    };
    await write('one\n');
    renameSync(path, `${path}.yesterday`);
    await write('two\n');
    file.reopen();
    await write('three\n');
    await write('four\n');
    await file.close();
    expect(readFileSync(`${path}.yesterday`, 'utf8')).toBe('one\ntwo\n');
    expect(readFileSync(path, 'utf8')).toBe('three\nfour\n');
  });

  test('says when it cannot be written, and when it can again', async () => {
    const told: string[] = [];
    const path = join(folder, 'blocked/out.log');
    const blocked = new RotatingFile({
      path: join(path, 'below.log'),
      maxBytes: 100,
      keep: 1,
      onTrouble: (message) => void told.push(message),
    });
    await written('blocked', ['in the way\n'], { maxBytes: 100, keep: 1 });
    blocked.spool.write(Buffer.from('lost\n'));
    await blocked.spool.flush();
    rmSync(path);
    blocked.spool.write(Buffer.from('kept\n'));
    await blocked.close();
    expect(told).toEqual([
      expect.stringMatching(/^cannot write to .*below\.log: .*; output is lost until that works again$/),
      expect.stringMatching(/^can write to .*below\.log again; 5 bytes are lost$/),
    ]);
    expect(existsSync(join(path, 'below.log'))).toBe(true);
  });
});
