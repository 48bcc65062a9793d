import { RocadeError } from '../base/index.ts';

/** What a script learns from how a command ends, and which errors it stands for. */
export const EXIT_CODES: readonly {
  readonly code: number;
  readonly meaning: string;
  readonly errors: readonly string[];
}[] = [
  { code: 0, meaning: 'done, or stopped with Ctrl-C as such a command is meant to be', errors: [] },
  { code: 1, meaning: 'a mistake in the command line, or in a file that it names', errors: [] },
  { code: 2, meaning: 'the callee or the router answered with an error', errors: ['wamp_error'] },
  {
    code: 3,
    meaning: 'no router, or the connection to it was lost',
    errors: ['connect_failed', 'connection_lost', 'closed'],
  },
  { code: 4, meaning: 'the router refused the session: no such realm, wrong credentials', errors: ['aborted', 'auth'] },
  { code: 5, meaning: 'no answer in time', errors: ['timeout'] },
  { code: 6, meaning: 'a process of the site that was started is not ready', errors: ['not_ready'] },
  { code: 130, meaning: 'stopped with Ctrl-C before there was an answer', errors: ['interrupted'] },
];

/** Ctrl-C came while something was waited for. */
export class InterruptedError extends RocadeError {
  override readonly name = 'InterruptedError';
  readonly code = 'interrupted';
}

/** The exit code for whatever a command failed with. */
export function exitCodeOf(error: unknown): number {
  const code = error instanceof RocadeError ? error.code : undefined;
  return EXIT_CODES.find(({ errors }) => code !== undefined && errors.includes(code))?.code ?? 1;
}
