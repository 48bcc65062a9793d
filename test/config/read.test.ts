import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type Configuration,
  ConfigurationError,
  parseConfiguration,
  readConfiguration,
} from '../../src/config/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'rocade-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'rocade.json');

function parse(value: unknown, environment: Record<string, string> = {}): Configuration {
  return parseConfiguration(typeof value === 'string' ? value : JSON.stringify(value, null, 2), { file, environment });
}

/** The lines of the error, as they are printed. */
function mistakes(value: unknown): string[] {
  try {
    parse(value);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split('\n');
    throw error;
  }
  throw new Error('there was nothing wrong');
}

const guest = (more: object = {}) => ({ processes: [{ type: 'guest', executable: 'sleep', ...more }] });

describe('a configuration', () => {
  test('may be as short as a list of what to run', () => {
    const { processes, router } = parse({
      processes: [
        { type: 'worker', modules: ['./login.ts', './posts.ts'] },
        { type: 'guest', executable: 'python3', arguments: ['-u', 'bot.py'], stdout: 'log' },
        { type: 'guest', executable: '/usr/bin/sleep', arguments: ['5'] },
        { type: 'guest', executable: '/usr/bin/sleep', arguments: ['6'] },
      ],
    });
    expect(processes.map(({ name }) => name)).toEqual(['login', 'bot', 'sleep', 'sleep-2']);
    // A name of letters that names may not have.
    expect(parse({ processes: [{ type: 'worker', modules: './日本.js' }] }).processes[0]?.name).toBe('worker');
    expect(processes[1]).toMatchObject({
      stdout: 'log',
      restart: 'on-failure',
      stop: { signal: 'SIGTERM', grace: 10_000 },
    });
    expect(router).toEqual({ realms: ['realm1'] });
  });

  test('lets processes see little of the environment unless it says more', () => {
    const [process] = parse(guest()).processes;
    expect(process?.env).toEqual({ inherit: ['PATH', 'HOME', 'LANG'], vars: {} });
  });

  test('takes sizes as numbers and as text', () => {
    const memory = (size: unknown) => parse(guest({ memory: size })).processes[0]?.memory;
    expect([memory(1024), memory('200MB'), memory('1.5 GiB')]).toEqual([1024, 200_000_000, 1_610_612_736]);
  });

  test('takes what is secret from the environment or from a file', () => {
    writeFileSync(join(folder, 'secret.txt'), 's3cret\n');
    const vars = { TOKEN: { env: 'FORUM_TOKEN' }, KEY: { file: 'secret.txt' }, PLAIN: 'text' };
    const [process] = parse(guest({ env: { vars } }), { FORUM_TOKEN: 'abc' }).processes;
    expect(process?.env.vars).toEqual({ TOKEN: 'abc', KEY: 's3cret', PLAIN: 'text' });
    const [other] = parse(guest({ env: { vars: { A: { env: 'NOWHERE', default: 'b' } } } })).processes;
    expect(other?.env.vars).toEqual({ A: 'b' });
  });

  test('tells of a secret that is not where it should be, wherever it may stand', () => {
    const realm = (ticket: object) => ({
      router: { realms: [{ name: 'a', auth: { principals: { b: { role: 'c', ticket } } } }] },
    });
    expect(mistakes(realm({ file: 'nowhere.txt' }))).toEqual([
      expect.stringMatching(/^rocade\.json:\d+:\d+: there is no file 'nowhere\.txt'$/),
    ]);
    expect(mistakes(realm({ env: 'NOWHERE' }))).toEqual([
      expect.stringMatching(/: there is no variable 'NOWHERE' in the environment$/),
    ]);
    expect(mistakes(realm({ hash: 'a' }))).toContainEqual(expect.stringMatching(/ lacks the key "salt"$/));
  });

  test.each<string[]>([
    ['[]', '1:1: expected an object, got a list'],
    ['{\n  // why\n}', '2:3: JSON has no comments'],
    ...['', '{', '{"processes": [', '{"processes": [{}', '{"processes": [],'].map((text) => [
      text,
      `1:${text.length + 1}: the file ends too early`,
    ]),
  ])('%j is none', (text, mistake) => {
    expect(mistakes(text)).toEqual([`rocade.json:${mistake}`]);
  });

  test('accepts the key by which editors find the schema', () => {
    expect(parse({ $schema: './node_modules/rocade/dist/rocade.schema.json' }).processes).toEqual([]);
  });

  test('keeps roles and administrators apart', () => {
    expect(mistakes('{"router": {"realms": [{"name": "a", "roles": {}, "administrators": ["b"]}]}}')).toEqual([
      "rocade.json:1:69: the realm 'a' has roles, whose permissions say who may end what others have",
    ]);
  });

  test('keeps a key such as __proto__ from being anything but unknown', () => {
    expect(mistakes('{"__proto__": {"processes": []}}')).toEqual([
      "rocade.json:1:2: unknown key '__proto__' in the file; known are $schema, router, processes, management, log",
    ]);
  });
});

describe('a mistake is told with its line and column', () => {
  test('all unknown keys, with what was probably meant', () => {
    const text = `{
  "proceses": [],
  "router": {
    "listne": "ws://127.0.0.1:9000",
    "colour": "red",
    "file": "./public"
  }
}`;
    expect(mistakes(text)).toEqual([
      "rocade.json:2:3: unknown key 'proceses' in the file; did you mean 'processes'?",
      "rocade.json:4:5: unknown key 'listne' in router; did you mean 'listen'?",
      expect.stringMatching(/^rocade\.json:5:5: unknown key 'colour' in router; known are listen, realms, /),
      "rocade.json:6:5: unknown key 'file' in router; did you mean 'files'?",
    ]);
  });

  test('keys of the wrong kind of process are unknown', () => {
    expect(mistakes({ processes: [{ type: 'worker', modules: 'a.js', arguments: ['x'] }] })).toEqual([
      expect.stringMatching(/^rocade\.json:6:7: unknown key 'arguments' in processes\[0\]; known are type, modules, /),
    ]);
  });

  test('how many processes of a kind there are, once', () => {
    const text = JSON.stringify(guest({ instances: 'many' }));
    for (const instances of ['0', '1001', '1.5', '1e400'])
      expect(mistakes(text.replace('"many"', instances))).toEqual([
        expect.stringMatching(/^rocade\.json:1:\d+: expected a whole number from 1 to 1000$/),
      ]);
  });

  test('how long a worker may hang, which is some time or for ever', () => {
    const worker = (hangTimeout?: unknown) => ({ processes: [{ type: 'worker', modules: 'a.js', hangTimeout }] });
    expect([undefined, 0, 1000].map((value) => parse(worker(value)).processes)).toMatchObject([
      [{ hangTimeout: 60_000 }],
      [{ hangTimeout: 0 }],
      [{ hangTimeout: 1000 }],
    ]);
    const wrong = (value: unknown): string =>
      mistakes(worker(value))
        .join()
        .replace(/^[^ ]* /, '');
    expect(wrong(500)).toBe('expected at least 1000 milliseconds, or 0 for ever');
    expect(wrong('5s')).toBe('expected 0 or a number, got "5s"');
    expect(mistakes(guest({ hangTimeout: 1000 }))).toEqual([
      expect.stringMatching(/: unknown key 'hangTimeout' in processes\[0\]; /),
    ]);
  });

  test.each([
    { alice: 's3cret' },
    { alice: { role: 'user', ticket: 12345 } },
    { alice: { role: 'user', second: 's3cret' } },
    { alice: { role: 'user', cryptosign: 's3cret' } },
    { alice: { role: 'user', wampcra: { key: 's3cret', salt: 5 } } },
    { alice: { role: 'user', certificates: { s: 's3cret' } } },
    { alice: { role: 7, ticket: 's3cret' } },
  ])('and without what may be secret: %j', (principals) => {
    const told = mistakes({ router: { realms: [{ name: 'r', auth: { principals } }] } });
    expect(told.join('\n')).toMatch(/^rocade\.json:\d+:\d+: .*expected .*, got (?:text|a list|an object|a number)$/m);
    expect(told.join('\n')).not.toMatch(/s3cret|12345/);
  });

  test.each([
    [{ processes: [{ type: 'gest' }] }, '4:15: expected "worker" or "guest", got "gest"'],
    [{ processes: [{ type: 'guest' }] }, '3:5: processes[0] lacks the key "executable"'],
    [{ processes: {} }, '2:16: expected a list, got an object'],
    [guest({ arguments: ['-n', 5] }), '8:9: expected text, got 5'],
    [guest({ memory: 'much' }), '6:17: expected a number of bytes, or text such as "200MB"'],
    [guest({ stdout: { fiel: 'x' } }), `7:9: unknown key 'fiel' in processes[0].stdout; did you mean 'file'?`],
    [guest({ stdout: 'print' }), '6:17: expected "log" or "drop" or "inherit" or an object, got "print"'],
    [guest({ ready: { prot: 80 } }), `7:9: unknown key 'prot' in processes[0].ready; did you mean 'port'?`],
    [guest({ restart: 'alway' }), '6:18: expected "always" or "on-failure" or "never" or an object, got "alway"'],
    [guest({ restart: { limit: 0 } }), '7:18: expected at least 1'],
    [guest({ stop: { grace: '10s' } }), '7:18: expected a number, got "10s"'],
    [guest({ name: 'a b' }), '6:15: expected a name of letters, digits, dots, dashes and underscores'],
    [guest({ name: 'router' }), "6:15: the name 'router' is the router's own"],
    [
      guest({ env: { vars: { A: { env: 'NOT_THERE' } } } }),
      "8:16: there is no variable 'NOT_THERE' in the environment",
    ],
    [guest({ env: { vars: { A: { file: 'not.there' } } } }), "8:16: there is no file 'not.there'"],
    [{ processes: [{ modules: 'a.js' }] }, '3:5: processes[0] lacks the key "type"'],
    [
      guest({ env: { vars: { A: { env: 'HOME', file: 'x' } } } }),
      "9:13: the key 'env' does not go together with the others of processes[0].env.vars.A",
    ],
    [
      guest({ ready: { line: 'up', port: 80 } }),
      "7:9: the key 'line' does not go together with the others of processes[0].ready",
    ],
    [guest({ ready: { port: 70_000 } }), '7:17: expected a whole number from 1 to 65535'],
    [guest({ stdout: { file: 'x', keep: -1 } }), '8:17: expected a whole number from 0'],
    [guest({ stop: { grace: 3e9 } }), '7:18: expected at most 2147483647 milliseconds'],
    [{ log: { lines: 1e6 } }, '3:14: expected a whole number from 0 to 100000'],
  ])('%j', (value, message) => {
    expect(mistakes(value)[0]).toBe(`rocade.json:${message}`);
  });

  test('names that are given twice, are not there, or wait in a circle', () => {
    const named = (name: string, after: string[]) => ({ type: 'guest', executable: 'x', name, after });
    expect(mistakes({ processes: [named('a', []), named('a', [])] })).toEqual([
      "rocade.json:12:15: the name 'a' is given twice",
    ]);
    expect(mistakes({ processes: [named('login', []), named('posts', ['logn', 'router'])] })).toEqual([
      "rocade.json:14:9: there is no process 'logn'; did you mean 'login'?",
    ]);
    expect(mistakes({ processes: [named('a', ['c']), named('b', ['a']), named('c', ['b'])] })).toEqual([
      "rocade.json:8:9: 'a' and 'c' would wait for each other",
      "rocade.json:16:9: 'b' and 'a' would wait for each other",
      "rocade.json:24:9: 'c' and 'b' would wait for each other",
    ]);
  });

  test('a process that is called as one of several of another kind', () => {
    const named = (name: string, instances: number) => ({ type: 'guest', executable: 'x', name, instances });
    expect(mistakes({ processes: [named('a', 2), named('a.2', 1)] })).toEqual([
      "rocade.json:12:15: 'a.2' is one of the processes of 'a'",
    ]);
    expect(parse({ processes: [named('a', 2), named('a.3', 1), named('b.1', 1)] }).processes).toHaveLength(3);
  });

  test('roles that are given to somebody, and are not there', () => {
    const roles = { visitor: { permissions: [] } };
    const auth = { anonymous: 'visitr', principals: { alice: { role: 'member', ticket: 'x' } } };
    const worker = (more: object) => ({ type: 'worker', modules: 'a.js', ...more });
    expect(
      mistakes({
        router: { realms: [{ name: 'a', auth, roles }, 'open'] },
        processes: [
          worker({ role: 'visitors' }),
          worker({ realm: 'open', role: 'any' }),
          worker({ role: 'process' }),
          worker({ role: 'visitor' }),
        ],
      }),
    ).toEqual([
      "rocade.json:7:24: the realm 'a' has no role 'visitr'; did you mean 'visitor'?",
      "rocade.json:10:23: the realm 'a' has no role 'member'",
      "rocade.json:28:15: the realm 'a' has no role 'visitors'; did you mean 'visitor'?",
    ]);
  });

  test('in columns as editors count them, who do not show the mark at the beginning', () => {
    expect(mistakes('\uFEFF{"proceses": []}')[0]).toMatch(/^rocade\.json:1:2: unknown key/);
  });

  test.each([
    ['', '1:1: the file ends too early'],
    ['{"a": 1,}', '1:9: a comma stands before the closing bracket'],
    ['{"a": [1, ]}', '1:11: a comma stands before the closing bracket'],
    ["{'a': 1}", '1:2: expected a key in double quotes'],
    ['{"a" 1}', "1:6: expected a colon after the key 'a'"],
    ['{"a": 1\n "b": 2}', '2:2: expected a comma or }'],
    ['{"a": 1, "a": 2}', "1:10: the key 'a' stands here twice"],
    ['// what\n{}', '1:1: JSON has no comments'],
    ['{"a": nul}', '1:7: expected a value'],
    ['{"a": "x\ny"}', '1:7: this text has no end on its line, or something in it needs a backslash'],
    ['{"a": 01}', '1:8: expected a comma or }'],
    ['{} {}', '1:4: expected the end of the file'],
    ['['.repeat(100), '1:66: more than 64 levels deep'],
  ])('no JSON: %j', (text, message) => {
    expect(mistakes(text)).toEqual([`rocade.json:${message}`]);
  });

  test('realms that are named twice, or are not there', () => {
    const worker = { type: 'worker', modules: 'a.js', realm: 'forums' };
    expect(mistakes({ router: { realms: ['forum', 'other', 'forum'] } })).toEqual([
      "rocade.json:6:7: the realm 'forum' is named twice",
    ]);
    expect(mistakes({ router: { realms: ['forum'] }, processes: [worker] })).toEqual([
      "rocade.json:11:16: there is no realm 'forums'; did you mean 'forum'?",
    ]);
  });

  test('whatever its letters, and without what variables hold', () => {
    expect(mistakes('{"PROCESSES": []}')).toEqual([
      "rocade.json:1:2: unknown key 'PROCESSES' in the file; did you mean 'processes'?",
    ]);
    expect(mistakes(guest({ env: { vars: { PIN: 1234 } } }))).toEqual([
      'rocade.json:8:18: expected text or an object, got a number',
    ]);
  });

  test('no file, and something that is none', () => {
    expect(() => readConfiguration(join(folder, 'nothing.json'), {})).toThrow(
      /there is no file '.*'; `rocade init` writes one/,
    );
    expect(() => readConfiguration(folder, {})).toThrow(/it is a directory/);
    // As some shells write what they print.
    const wide = join(folder, 'wide.json');
    writeFileSync(wide, '\uFEFF{}', 'utf16le');
    expect(() => readConfiguration(wide, {})).toThrow(/wide\.json': it is no text in UTF-8$/);
  });
});
