import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, connect, Result, WampError } from 'rocade';
import { type RunningRouter, startRouter } from 'rocade/node';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Program } from '../examples/program.ts';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rocade-cli-'));
let node: RunningRouter;
let client: Client;
const running: Program[] = [];

beforeAll(async () => {
  node = await startRouter({ listen: 'ws://127.0.0.1:0' });
  client = await connect(node.url);
  await client.register('math.add', ([a, b]) => a + b);
  await client.register('echo', (args, { kwargs }) => new Result(args, kwargs));
  await client.register('refuse', () => {
    throw new WampError('shop.error.closed', ['come back tomorrow'], { at: 8 });
  });
  await client.register('never', () => new Promise(() => {}));
});
afterEach(async () => {
  for (const program of running) program.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
});
afterAll(async () => {
  await client.close();
  await node.close();
  rmSync(folder, { recursive: true });
});

function start(...args: string[]): Program {
  const program = new Program(command, ...args);
  running.push(program);
  return program;
}

/** One that connects to the router of these tests. */
const at = (name: string, ...args: string[]): Program => start(name, '--url', node.url, ...args);

async function done(program: Program): Promise<[code: number | null, output: string]> {
  const { code, output } = await program.ended;
  return [code, output];
}

describe('rocade call', () => {
  test.each([
    [['math.add', '2', '-3'], '-1\n'],
    [['echo', 'text'], 'text\n'],
    [['echo', 'text', '--json'], '"text"\n'],
    [['echo'], ''],
    [['echo', '--json'], 'null\n'],
    [['echo', '{"a":[1,null,true]}'], '{"a":[1,null,true]}\n'],
    [['echo', '1', 'a=2', 'b=c'], '{"args":[1],"kwargs":{"a":2,"b":"c"}}\n'],
    [['echo', '--serializer', 'msgpack', 'x'], 'x\n'],
    [['echo', '--serializer', 'cbor', 'x'], 'x\n'],
  ])('%j', async (args, output) => expect(await done(at('call', ...args))).toEqual([0, output]));

  test('reads a value from standard input', async () => {
    const child: ChildProcess = spawn(process.execPath, [command, 'call', '-u', node.url, 'echo', '-', '2']);
    let output = '';
    child.stdout?.on('data', (text: Buffer) => (output += text.toString()));
    child.stdin?.end('{"from":"stdin"}');
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, output]).toEqual([0, '{"args":[{"from":"stdin"},2],"kwargs":{}}\n']);
  });

  test('shows each part of a result when it comes, before the rest of it is there', async () => {
    let goOn = (): void => {};
    const held = new Promise<void>((resolve) => (goOn = resolve));
    await client.register('parts', async function* () {
      yield { done: 1 };
      await held;
      yield 'almost';
      return 'all';
    });
    const program = at('call', 'parts', '--progress');
    await program.prints(/^\{"done":1\}\n/);
    goOn();
    expect(await done(program)).toEqual([0, '{"done":1}\nalmost\nall\n']);
    expect(await done(at('call', 'parts', '--progress', '--json'))).toEqual([
      0,
      '{"progress":{"done":1}}\n{"progress":"almost"}\n{"result":"all"}\n',
    ]);
    expect(await done(at('call', 'parts'))).toEqual([0, 'all\n']);
  });

  test('ends without a word when nobody reads on', async () => {
    const child = spawn(process.execPath, [command, 'call', '-u', node.url, 'math.add', '2', '3']);
    child.stdout.destroy();
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, errors]).toEqual([0, '']);
  });

  test('shows the messages when asked, and no secret among them', async () => {
    const { output } = await at('call', 'math.add', '2', '3', '--trace-messages').ended;
    expect(output).toMatch(/> HELLO [^]*< WELCOME [^]*> CALL .*"procedure":"math.add"[^]*< RESULT /);
  });
});

describe('what goes wrong is one sentence and an exit code', () => {
  test.each([
    [2, ['refuse'], 'rocade: shop.error.closed: come back tomorrow\n'],
    [2, ['nobody.here'], "rocade: wamp.error.no_such_procedure: nobody has registered 'nobody.here'\n"],
    [4, ['echo', '--realm', 'nowhere'], "rocade: wamp.error.no_such_realm: there is no realm 'nowhere' here\n"],
    [5, ['never', '--timeout', '2000'], 'rocade: no answer to CALL never within 2000 ms\n'],
    [1, ['math add'], /^rocade: call: expected a URI such as .*\n$/],
    [1, ['echo', '[x'], /^rocade: '\[x' begins like JSON and is none: .*\n$/],
    [
      1,
      ['echo', '9007199254740993'],
      /^rocade: cannot send a bigint as JSON: beyond 2\^53 digits are lost; send a string\n$/,
    ],
    [1, ['echo', '--serializer', 'xml'], "rocade: unknown serializer 'xml'; there are json, msgpack, cbor\n"],
    [1, ['echo', '--secret', 'x'], 'rocade: --secret needs --auth, which says how to log in with it\n'],
    [1, ['echo', '--auth', 'ticket'], 'rocade: --authid is missing: the router has to know who logs in\n'],
    [1, ['echo', '--auth', 'ticket', '--authid', 'a'], 'rocade: --secret is missing: --auth ticket needs it\n'],
    [1, ['echo', '--auth', 'guess'], /^rocade: unknown way to log in 'guess'; there are anonymous, .*\n$/],
    [1, ['echo', '--auth', 'ticket', '--authid', 'a', '--secret', 'env:NO_SUCH'], /this variable is not set\n$/],
    [1, ['echo', '--auth', 'ticket', '--authid', 'a', '--secret', '@/no/such'], /there is no such file/],
    [1, ['echo', '--timeout', 'soon'], /expected a whole number of milliseconds/],
    [
      1,
      ['echo', '--profile', 'prod', '--profiles', '/no/such'],
      /there is no profile 'prod': \/no\/such does not exist\n$/,
    ],
  ])('%i: call %j', async (code, args, sentence) => {
    const [ended, output] = await done(at('call', ...args));
    expect(output).toMatch(typeof sentence === 'string' ? new RegExp(`^${escaped(sentence)}$`) : sentence);
    expect(ended).toBe(code);
  });

  test('3: no router', async () => {
    const gone = await startRouter({ listen: 'ws://127.0.0.1:0' });
    await gone.close();
    for (const name of ['call', 'subscribe']) {
      const [code, output] = await done(start(name, '--url', gone.url, 'echo'));
      expect(output).toMatch(/^rocade: cannot connect to ws:.*ECONNREFUSED.*\n$/);
      expect(code).toBe(3);
    }
  });

  test('with --json it is JSON', async () => {
    const [code, output] = await done(at('call', 'refuse', '--json'));
    expect(JSON.parse(output)).toEqual({
      error: 'shop.error.closed: come back tomorrow',
      code: 'wamp_error',
      uri: 'shop.error.closed',
      args: ['come back tomorrow'],
      kwargs: { at: 8 },
    });
    expect(code).toBe(2);
  });

  test('130: Ctrl-C while a result is waited for', async () => {
    const called = new Promise<void>((resolve) => {
      void client.register('called', () => {
        resolve();
        return new Promise(() => {});
      });
    });
    const program = at('call', 'called', '--timeout', '0');
    await called;
    program.kill('SIGINT');
    expect(await done(program)).toEqual([130, 'rocade: interrupted\n']);
  });
});

function escaped(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}

describe('profiles', () => {
  const file = join(folder, 'profiles.json');
  const written = (profiles: unknown): string[] => {
    writeFileSync(file, typeof profiles === 'string' ? profiles : JSON.stringify(profiles));
    return ['--profiles', file, '--profile'];
  };

  test('say where to connect, and the command line goes before them', async () => {
    const options = written({ here: { url: node.url, realm: 'nowhere', timeout: 5000 } });
    expect(await done(start('call', 'math.add', '2', '3', ...options, 'here', '--realm', 'realm1'))).toEqual([
      0,
      '5\n',
    ]);
    expect((await done(start('call', 'math.add', '2', '3', ...options, 'here')))[0]).toBe(4);
  });

  test.each([
    [{ here: {} }, 'there', /there is no profile 'there' in .*; there is: here/],
    [{ here: { ural: 'x' } }, 'here', /here: unknown key 'ural'; there are url, realm, auth,/],
    [{ here: { timeout: 'x' } }, 'here', /here\.timeout: expected a number, got "x"/],
    [{ here: { auth: [1] } }, 'here', /here\.auth: expected a list of texts, got \[1\]/],
    ['{', 'here', /cannot read .*profiles\.json: /],
    [[], 'here', /expected an object with a profile under each name/],
  ])('%j is refused in one sentence', async (profiles, name, sentence) => {
    const [code, output] = await done(start('call', 'echo', ...written(profiles), name));
    expect(output).toMatch(sentence);
    expect([code, output.trimEnd().split('\n').length]).toEqual([1, 1]);
  });
});

describe('rocade subscribe and publish', () => {
  test('subscribe writes events as lines of JSON, as many as asked for', async () => {
    const program = at('subscribe', 'news.sport', 'news.weather', '--count', '2');
    await program.prints(/Subscribed to news\.sport, news\.weather/);
    const [code, output] = await done(at('publish', 'news.sport', '3 : 2', 'minute=90', '--json'));
    expect(code).toBe(0);
    const { publication } = JSON.parse(output) as { publication: number };
    await at('publish', 'news.weather', '{"sun":true}').ended;
    const ended = await program.ended;
    const lines = ended.output.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { topic: 'news.sport', args: ['3 : 2'], kwargs: { minute: 90 }, publication },
      { topic: 'news.weather', args: [{ sun: true }], kwargs: {}, publication: expect.any(Number) },
    ]);
    expect(ended.code).toBe(0);
  });

  test('subscribe takes patterns, and begins with what was retained', async () => {
    await done(at('publish', 'kept.a.x', '1', '--retain'));
    const program = at('subscribe', 'kept..x', '--match', 'wildcard', '--retained', '--count', '2');
    await program.prints(/"args":\[1\]/);
    await client.publish('kept.b.y', [2], { acknowledge: true });
    await client.publish('kept.b.x', [3], { acknowledge: true });
    expect((await program.ended).output).toMatch(
      /"topic":"kept\.a\.x","args":\[1\][^]*"topic":"kept\.b\.x","args":\[3\]/,
    );
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it cleanly', async (signal) => {
    const program = at('subscribe', 'news');
    await program.prints(/Ctrl-C ends it/);
    program.kill(signal);
    expect(await done(program)).toEqual([0, 'Subscribed to news. Ctrl-C ends it.\n']);
  });
});

describe('rocade register', () => {
  const script = (code: string): string[] => ['--', process.execPath, '-e', code];

  test('runs a program for each call: JSON in, JSON or text out', async () => {
    const echo = at('register', 'program.echo', ...script('process.stdin.pipe(process.stdout)'));
    const text = at('register', 'program.text', ...script('console.log("plain", process.argv.length)'));
    await Promise.all([echo, text].map((program) => program.prints(/Ctrl-C ends it/)));
    expect(await client.call('program.echo', [1, '$(date) ; "quoted"'], { kwargs: { a: null } })).toEqual({
      procedure: 'program.echo',
      args: [1, '$(date) ; "quoted"'],
      kwargs: { a: null },
    });
    expect(await client.call('program.text')).toBe('plain 1');
    echo.kill('SIGINT');
    expect((await echo.ended).code).toBe(0);
    await expect(client.call('program.echo')).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
  });

  test('a program that fails is an error for its caller, and the next call runs again', async () => {
    const code =
      'process.stdin.once("data", (x) => { if (JSON.parse(x).args[0]) process.exit(console.error("first\\nno disk") ?? 3); })';
    await at('register', 'program.fails', ...script(code)).prints(/Ctrl-C ends it/);
    const failed = { uri: 'rocade.error.program_failed', args: ['no disk'], kwargs: { exit_code: 3, signal: null } };
    await expect(client.call('program.fails', [true])).rejects.toMatchObject(failed);
    expect(await client.call('program.fails', [false])).toBeUndefined();
    await at('register', 'program.missing', '--', '/no/such/program').prints(/Ctrl-C ends it/);
    await expect(client.call('program.missing')).rejects.toThrow(/cannot run \/no\/such\/program: .*ENOENT/);
  });

  test('answers a pattern, together with others, and sends each line as a part of the result', async () => {
    const code = 'process.stdin.once("data", (x) => console.log(JSON.parse(x).procedure + "\\n" + process.argv[1]))';
    const shared = (name: string): Program =>
      at('register', 'lines.', '--match', 'prefix', '--invoke', 'roundrobin', '--progress', ...script(code), name);
    await Promise.all([shared('one'), shared('two')].map((program) => program.prints(/Ctrl-C ends it/)));
    const stream = client.stream<string>('lines.x');
    const parts: string[] = [];
    for await (const part of stream) parts.push(part);
    expect([parts[0], await stream.result]).toEqual(['lines.x', undefined]);
    // Without parts, all of them are the result; and it is the turn of the other one.
    const result = await client.call<string[]>('lines.y');
    expect(result[0]).toBe('lines.y');
    expect(new Set([parts[1], result[1]])).toEqual(new Set(['one', 'two']));
  });

  test('a call that is cancelled ends the program and what it has started', async () => {
    const file = join(folder, 'pids');
    const code = `const child = require("child_process").spawn("sleep", ["1000"]);
      require("fs").writeFileSync(${JSON.stringify(file)}, process.pid + " " + child.pid); console.error("begun"); setTimeout(() => {}, 1e6)`;
    const program = at('register', 'program.long', ...script(code));
    await program.prints(/Ctrl-C ends it/);
    const cancel = new AbortController();
    const call = client.call('program.long', [], { signal: cancel.signal });
    await program.prints(/begun/);
    cancel.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    const pids = readFileSync(file, 'utf8').split(' ').map(Number);
    await vi.waitFor(() => expect(pids.map(isThere)).toEqual([false, false]), { timeout: 10_000 });
  });

  test('a second Ctrl-C does not wait for programs, and leaves none', async () => {
    const file = join(folder, 'pid');
    const code = `process.on("SIGTERM", () => {}); require("fs").writeFileSync(${JSON.stringify(file)}, String(process.pid)); console.error("begun"); setTimeout(() => {}, 1e6)`;
    const program = at('register', 'program.stubborn', ...script(code));
    await program.prints(/Ctrl-C ends it/);
    const call = client.call('program.stubborn').catch((error: WampError) => error.uri);
    await program.prints(/begun/);
    program.kill('SIGINT');
    // The first Ctrl-C has been heard once the name is free.
    await vi.waitFor(() => client.register('program.stubborn', () => {}));
    program.kill('SIGINT');
    expect((await program.ended).code).toBe(130);
    expect(await call).toBe('wamp.error.canceled');
    await vi.waitFor(() => expect(isThere(Number(readFileSync(file, 'utf8')))).toBe(false), { timeout: 10_000 });
  });
});

/** A process that has ended but was not waited for yet counts as gone. */
function isThere(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('rocade ping and bench', () => {
  test('ping tells percentiles, of the router and of a callee', async () => {
    const [code, output] = await done(at('ping', '--count', '5', '--interval', '0', '--json'));
    const figures = JSON.parse(output) as Record<string, number>;
    expect([code, figures['count']]).toEqual([0, 5]);
    expect(figures['min']).toBeLessThanOrEqual(figures['max'] ?? NaN);
    expect(await done(at('ping', '-n', '2', '-i', '1', '--procedure', 'echo'))).toEqual([
      0,
      expect.stringMatching(
        /^([\d.]+ ms\n){2}2 round trips: min [\d.]+, p50 [\d.]+, p90 [\d.]+, p99 [\d.]+, max [\d.]+ ms\n$/,
      ),
    ]);
  });

  test('ping tells what it has measured when it is interrupted', async () => {
    const program = at('ping', '--interval', '1000000');
    await program.prints(/^[\d.]+ ms$/m);
    program.kill('SIGINT');
    expect(await done(program)).toEqual([130, expect.stringMatching(/1 round trips: .*\nrocade: interrupted\n$/)]);
  });

  test.each(['call', 'publish'])('bench measures %s', async (kind) => {
    const [code, output] = await done(at('bench', '--kind', kind, '--seconds', '1', '--concurrency', '2', '--json'));
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ perSecond: expect.any(Number), p99: expect.any(Number) });
    expect((JSON.parse(output) as { count: number }).count).toBeGreaterThan(2);
  });
});

describe('rocade inspect and trace', () => {
  test('inspect tells what the realm has, for people and as JSON', async () => {
    const subscription = await client.subscribe('inspected', () => {});
    const [code, output] = await done(at('inspect'));
    expect(code).toBe(0);
    expect(output).toMatch(/^\d+ sessions\nsession +authid +authrole +authmethod\n/);
    expect(output).toMatch(new RegExp(`^math\\.add +exact +single +${client.session?.id}$`, 'm'));
    expect(output).toMatch(new RegExp(`^inspected +exact +${client.session?.id}$`, 'm'));
    const [, json] = await done(at('inspect', 'subscriptions', '--json'));
    expect(JSON.parse(json)).toContainEqual(
      expect.objectContaining({ uri: 'inspected', match: 'exact', sessions: [client.session?.id] }),
    );
    await subscription.unsubscribe();
  });

  test('trace tells who comes and goes, as lines of JSON', async () => {
    const program = at('trace');
    await program.prints(/Tracing\. Ctrl-C ends it\./);
    const other = await connect(node.url, { retry: false });
    const id = other.session?.id;
    await other.register('traced', () => 1);
    await other.close();
    await program.prints(new RegExp(`"event":"wamp.session.on_join","args":\\[\\{"session":${id},`));
    await program.prints(new RegExp(`"event":"wamp.registration.on_create","args":\\[${id},\\{.*"traced"`));
    await program.prints(new RegExp(`"event":"wamp.session.on_leave","args":\\[${id}[,\\]]`));
    program.kill('SIGINT');
    expect((await program.ended).code).toBe(0);
  });
});

describe('rocade completion', () => {
  test.each(['bash', 'zsh', 'fish'])('%s knows the commands and their options', async (shell) => {
    const [code, output] = await done(start('completion', shell));
    expect(code).toBe(0);
    for (const word of ['subscribe', 'concurrency', 'realm']) expect(output).toContain(word);
  });

  test('bash completes with it', async () => {
    const { output } = await start('completion', 'bash').ended;
    const complete = (...words: string[]): Promise<string> =>
      new Promise((resolve, reject) => {
        const code = `${output}\nCOMP_WORDS=(rocade ${words.join(' ')}); COMP_CWORD=${words.length}; _rocade; echo "\${COMPREPLY[*]}"`;
        const shell = spawn('bash', ['--norc', '-c', code], { stdio: ['ignore', 'pipe', 'inherit'] });
        let said = '';
        shell.stdout.on('data', (text: Buffer) => (said += text.toString()));
        shell.on('error', reject);
        shell.on('close', () => resolve(said.trim()));
      });
    expect(await complete('ca')).toBe('call');
    expect(await complete('call', '--real')).toBe('--realm');
    expect(await complete('inspect', 'sess')).toBe('sessions');
    expect(await complete('subscribe', '--match', 'pre')).toBe('prefix');
    expect(await complete('call', '--url', '""')).toBe('');
  });
});

test('help is no failure', async () => {
  expect(await done(start('call', '--help'))).toEqual([0, expect.stringContaining('Examples:')]);
});
