#!/usr/bin/env node
import { CommanderError } from 'commander';
import { RocadeError, toError } from '../base/index.ts';
import { exitCodeOf } from './exit-codes.ts';
import { showError, wantsJson } from './output.ts';
import { rocade } from './program.ts';

// Whoever reads what is wrong may have had enough of it, too.
process.stderr.on('error', () => {});

try {
  const program = await rocade(process.argv[2]);
  await program.parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    // It has printed its sentence, or the help that was asked for.
    process.exitCode = thrown.exitCode;
  } else {
    const error = toError(thrown);
    process.stderr.write(`${sentence(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

/** A mistake of the user's is one sentence, or a line for each that a file has; one of ours comes with its stack. */
function sentence(error: Error): string {
  if (!(error instanceof RocadeError)) return `rocade: ${error.stack}`;
  if (error.code === 'bad_configuration') return error.message;
  return showError(error, wantsJson());
}
