import { expect, test } from 'vitest';
import { rocade } from '../../src/cli/program.ts';

const { commands } = await rocade();

test('there is a command for each thing to do', () => {
  expect(commands.map((command) => command.name())).toEqual(expect.arrayContaining(['start', 'call', 'subscribe']));
});

test.each(commands.map((command) => [command.name(), command] as const))(
  '%s has help with examples',
  (_name, command) => {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    expect(help).toContain('Usage: rocade');
    expect(help).toContain('Examples:');
  },
);
