import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Program } from '../examples/program.ts';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

test.each([
  [['call', '--json'], "the argument 'procedure' is missing"],
  [['cal', '--json'], "unknown command 'cal' (Did you mean call?)"],
  [['call', 'a.b', '--josn', '--json'], "unknown option '--josn' (Did you mean --json?)"],
  [['scale', 'posts', 'many', '--json'], "count: expected a whole number from 1, got 'many'"],
  [['ps', '--config', 'no-such.json', '--json'], "there is no file 'no-such.json'; say which site is meant (--config)"],
])('a mistake in a command line is JSON where that is asked for: %j', async (args, error) => {
  const { code, output } = await new Program(command, ...args).ended;
  expect([code, JSON.parse(output)]).toEqual([1, { error, code: 'usage' }]);
});

test('what follows -- asks for nothing', async () => {
  const { output } = await new Program(command, 'register', '--invoke', 'x', 'a.b', '--', 'cat', '--json').ended;
  expect(output).toMatch(/^rocade: --invoke: expected one of single, /);
});

test.each([[['--help']], [['call', '--help']], [['completion', 'bash']], [['no-such-command']]])(
  'nobody has to read to the end: %j',
  async (args) => {
    const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stdout.destroy();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    await once(child, 'close');
    expect(errors).not.toContain('EPIPE');
  },
);
