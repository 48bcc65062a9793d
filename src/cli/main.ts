#!/usr/bin/env node
import { CommanderError } from 'commander';
import { RocadeError, toError } from '../base/index.ts';
import { exitCodeOf } from './exit-codes.ts';
import { showError } from './output.ts';
import { rocade } from './program.ts';

try {
  await rocade().parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    // It has printed its sentence, or the help that was asked for.
    process.exitCode = thrown.exitCode;
  } else {
    const error = toError(thrown);
    // A mistake of the user's is one sentence; one of ours comes with its stack.
    const text =
      error instanceof RocadeError ? showError(error, process.argv.includes('--json')) : `rocade: ${error.stack}`;
    process.stderr.write(`${text}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
