import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testTls } from '../certificates/index.ts';
import { type Fence, fences, pages, read, root, sources, whereIs } from './fences.ts';
import { Ports } from './ports.ts';

// A user's directory, with the package in it and a file of every name that the documentation gives to a snippet.
const folder = mkdtempSync(join(tmpdir(), 'rocade-docs-'));
const { scripts, bin } = JSON.parse(read('package.json')) as Record<'scripts' | 'bin', Record<string, string>>;
let blocker: Server | undefined;

beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'rocade'), 'dir');
  for (const { name, code } of fences) if (name) writeFileSync(join(folder, name), code);
  copyFileSync(join(root, 'dist/rocade.min.js'), join(folder, 'rocade.min.js'));
  mkdirSync(join(folder, 'public'));
  writeFileSync(join(folder, 'cert.pem'), testTls.cert);
  writeFileSync(join(folder, 'key.pem'), testTls.key);
});
afterEach(() => {
  blocker?.close();
  // Several pages begin with it.
  rmSync(join(folder, 'my-site'), { recursive: true, force: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly output: string;
  readonly code: number | null;
}

/** Runs the `rocade` command; one that starts to serve is told to stop, as by Ctrl-C. */
function rocade(args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, bin['rocade'] as string), ...args], { cwd: folder });
    let output = '';
    let stopped = false;
    const heard = (chunk: Buffer): void => {
      output += chunk.toString();
      if (stopped || !output.includes('Ctrl-C stops it.')) return;
      stopped = true;
      child.kill('SIGINT');
    };
    child.stdout.on('data', heard);
    child.stderr.on('data', heard);
    child.on('error', reject);
    child.on('close', (code) => resolve({ output, code }));
  });
}

const done: Outcome = { output: '', code: 0 };

/** The rules: a command that none of them knows fails its test. */
const rules: readonly {
  readonly pattern: RegExp;
  readonly run: (...groups: string[]) => Outcome | Promise<Outcome>;
}[] = [
  { pattern: /^(?:mkdir|cd) [\w./-]+$/, run: () => done },
  { pattern: /^npm init -y$/, run: () => done },
  { pattern: /^npm (?:install|pack)$/, run: () => done },
  {
    pattern: /^npm install \.\.\/rocade\/(\S+)$/,
    run: (file) => {
      const { name, version } = JSON.parse(read('package.json')) as { name: string; version: string };
      expect(file).toBe(`${name}-${version}.tgz`);
      return done;
    },
  },
  {
    pattern: /^npm (?:run )?([\w:-]+)$/,
    run: (script) => {
      expect(Object.keys(scripts)).toContain(script);
      return done;
    },
  },
  {
    // What it does is tested where the snippet is run.
    pattern: /^node ([\w-]+\.mjs)$/,
    run: (file) => {
      expect(fences.map(({ name }) => name)).toContain(file);
      return done;
    },
  },
  {
    pattern: /^npx (esbuild .+)$/,
    run: (command) => {
      const [tool = '', ...args] = command.split(' ');
      execFileSync(join(root, 'node_modules/.bin', tool), args, { cwd: folder, stdio: 'pipe' });
      return done;
    },
  },
  { pattern: /^npx rocade (.+)$/, run: (command) => rocade(command.split(' ')) },
];

async function run(command: string): Promise<Outcome> {
  for (const { pattern, run: perform } of rules) {
    const match = pattern.exec(command);
    if (match) return perform(...match.slice(1));
  }
  throw new Error(`no rule says how to test this command: ${command}`);
}

async function take(port: number): Promise<void> {
  blocker = createServer();
  await new Promise<void>((resolve) => blocker?.listen(port, '127.0.0.1', resolve));
}

/** The output that the page shows for a command: the fence that follows. */
function shownOutput(fence: Fence): string | undefined {
  const next = fences[fences.indexOf(fence) + 1];
  return next?.language === 'text' && next.file === fence.file && next.directives.drawing === undefined
    ? next.code
    : undefined;
}

const commands = fences.filter(({ language }) => language === 'sh');

describe('commands on the pages', () => {
  test.each(commands.map((fence) => [whereIs(fence), fence] as const))(
    '%s exist and do what is said',
    async (_where, fence) => {
      const ports = new Ports();
      const { taken } = fence.directives;
      const text = await ports.replaceIn(
        /rocade start(?!.*--listen)/.test(fence.code)
          ? fence.code.replace('rocade start', 'rocade start --listen ws://127.0.0.1:9000')
          : fence.code,
      );
      if (taken !== undefined) await take(await ports.realOf(taken));
      const steps = text.split('\n').flatMap((line) => line.replace(/\s+#.*$/, '').split(' && '));
      const shown = shownOutput(fence);
      for (const [index, step] of steps.entries()) {
        const { output, code } = await run(step);
        const isLast = index === steps.length - 1;
        const told = ports.restoreIn(output).replace('Saying goodbye to all sessions.\n', '');
        if (isLast && shown !== undefined) expect(told.trimEnd()).toBe(shown);
        else expect(code, output).toBe(0);
        // A sentence that complains comes with an exit code that does, too.
        if (/^(?:rocade|error): /.test(told)) expect(code).toBe(1);
      }
    },
  );

  test('there are some', () => expect(commands.length).toBeGreaterThan(5));
});

describe('a fence of a language that no test knows', () => {
  // What is in Python is run by the tests with other implementations.
  const known = ['ts', 'js', 'html', 'sh', 'text', 'json', 'python'];
  test('does not occur', () => {
    expect(fences.filter(({ language }) => !known.includes(language)).map(whereIs)).toEqual([]);
  });

  test('and neither does code that is marked in another way', () => {
    expect(pages.filter(({ text }) => /^(?:~~~| {4}\S| *<pre)/m.test(text.replace(/^```[\s\S]*?^```/gm, '')))).toEqual(
      [],
    );
    expect(sources.filter(({ text }) => /^\s*\*.*```/m.test(text)).map(({ file }) => file)).toEqual([]);
  });

  test('and text is either the output of the command before it, or says that it is a drawing', () => {
    const outputs = new Set(
      commands.filter((fence) => shownOutput(fence) !== undefined).map((fence) => fences[fences.indexOf(fence) + 1]),
    );
    const strays = fences.filter(
      (fence) => fence.language === 'text' && !outputs.has(fence) && fence.directives.drawing === undefined,
    );
    expect(strays.map(whereIs)).toEqual([]);
  });
});
