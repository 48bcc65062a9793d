#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { RocadeError } from '../base/index.ts';
import { startCommand } from './start.ts';
import { version } from './version.ts';

const program = new Command('rocade')
  .description('WAMP v2: pages and services call each other and hear each other')
  .version(version)
  .addCommand(startCommand())
  .showHelpAfterError('(rocade --help lists what there is)')
  .exitOverride();
for (const command of program.commands) command.copyInheritedSettings(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // It has printed its sentence, or the help that was asked for.
    process.exitCode = error.exitCode;
  } else {
    // A mistake of the user's is one sentence; one of ours comes with its stack.
    process.stderr.write(`rocade: ${error instanceof RocadeError ? error.message : (error as Error).stack}\n`);
    process.exitCode = 1;
  }
}
