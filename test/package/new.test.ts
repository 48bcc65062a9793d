import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from 'rocade';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Program } from '../examples/program.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const command = join(root, 'dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'rocade-new-'));
const site = join(folder, 'my-site');
const running: Program[] = [];

afterEach(async () => {
  for (const program of running) program.kill('SIGTERM');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What npm would do for a script of the site's package.json, word by word. */
function script(name: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(site, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  return scripts[name]?.split(' && ') ?? [];
}

function manifest(of: string): { readonly dependencies?: Readonly<Record<string, string>> } {
  return JSON.parse(readFileSync(join(of, 'package.json'), 'utf8')) as ReturnType<typeof manifest>;
}

function run(line: string): Program {
  const [tool = '', ...words] = line.split(' ');
  const args = words.flatMap((word) => (word === 'test/*.test.ts' ? ['test/guestbook.test.ts'] : [word]));
  const tools: Record<string, string[]> = {
    node: [],
    rocade: [command],
    tsc: [join(root, 'node_modules/typescript/bin/tsc')],
  };
  const program = Program.in(site, ...(tools[tool] ?? []), ...args);
  running.push(program);
  return program;
}

beforeAll(async () => {
  expect(await new Program(command, 'new', site).ended).toMatchObject({ code: 0 });
  // In place of npm install.
  mkdirSync(join(site, 'node_modules/@types'), { recursive: true });
  symlinkSync(root, join(site, 'node_modules/rocade'), 'dir');
  for (const name of ['tsx', 'typescript', '@types/node', 'undici-types'])
    symlinkSync(join(root, 'node_modules', name), join(site, 'node_modules', name), 'dir');
});

describe('rocade new', () => {
  test('lays out a site under its own name, with what the package is', () => {
    // From a clone, the site gets the clone's.
    expect(manifest(site)).toMatchObject({
      name: 'my-site',
      dependencies: { rocade: `file:${relative(site, root)}` },
    });
    expect(readFileSync(join(site, '.gitignore'), 'utf8')).toContain('node_modules');
    const files = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter(
      (file) => !file.startsWith('node_modules'),
    );
    for (const file of files.filter((name) => /\.\w+$/.test(name)))
      expect(readFileSync(join(site, file), 'utf8')).not.toContain('{{');
  });

  test.each([
    ['a registry', '^0.1.0', /^\^\d+\.\d+\.\d+$/],
    ['a file', 'file:../rocade.tgz', /^file:..\/..\/rocade.tgz$/],
  ])('depends on what it was laid out by, from %s', async (_, spec, expected) => {
    const project = mkdtempSync(join(folder, 'project-'));
    const installed = join(project, 'node_modules/rocade');
    writeFileSync(join(project, 'package.json'), JSON.stringify({ devDependencies: { rocade: spec } }));
    for (const part of ['dist', 'templates', 'package.json'])
      cpSync(join(root, part), join(installed, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(installed, 'node_modules'), 'dir');
    const { ended } = new Program(join(installed, 'dist/cli/main.js'), 'new', join(project, 'site'));
    expect(await ended).toMatchObject({ code: 0 });
    expect(manifest(join(project, 'site')).dependencies?.['rocade']).toMatch(expected);
  });

  test('npm test: the types hold and the tests pass', async () => {
    const lines = script('test');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(await run(line).ended).toMatchObject({ code: 0 });
  });

  test('npm start: router, services and page', async () => {
    const file = join(site, 'rocade.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(':9000', ':0'));
    for (const line of script('prestart')) expect(await run(line).ended).toMatchObject({ code: 0 });
    const [line = ''] = script('start');
    const started = run(line);
    const [, url = ''] = await started.prints(/(ws:\/\/127\.0\.0\.1:[1-9]\d*)/);
    const http = url.replace('ws', 'http');
    expect(await (await fetch(http)).text()).toContain('<h1>my-site</h1>');
    expect((await fetch(`${http}/rocade.min.js`)).status).toBe(200);
    const client = await connect(url, { retry: false });
    const ticked = new Promise((resolve) => void client.subscribe('clock.tick', resolve));
    // The services are processes of their own, and come up when they do.
    const signed = await vi.waitFor(() => client.call('guestbook.sign', ['alice', 'hello']), { timeout: 30_000 });
    expect(signed).toEqual({ name: 'alice', text: 'hello' });
    await ticked;
    await client.close();
    started.kill('SIGINT');
    expect(await started.ended).toMatchObject({ code: 0 });
  });

  test.each([
    [[site], /is there already, and not empty/],
    [[join(folder, 'My Site')], /cannot call a site 'My Site'/],
    [[join(site, 'package.json', 'x')], /cannot write a site to .*: /],
  ])('%j is refused in one sentence', async (args, sentence) => {
    const { code, output } = await new Program(command, 'new', ...args).ended;
    expect(output).toMatch(sentence);
    expect([code, output.trimEnd().split('\n').length]).toEqual([1, 1]);
  });
});
