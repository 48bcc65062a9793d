import * as v from 'valibot';
import {
  atLeastZero,
  count,
  described,
  milliseconds,
  octets,
  secret,
  type Sources,
  text,
  wholeNumber,
} from './parts.ts';

const directory = described(text, 'A directory, relative to the one of this file.');

const output = v.union([
  v.picklist(['log', 'drop', 'inherit']),
  v.strictObject({
    file: described(text, 'Where the output goes, relative to the directory of this file.'),
    maxBytes: described(v.optional(octets, 10_000_000), 'At this size the file is put aside and a new one begun.'),
    keep: described(v.optional(atLeastZero, 5), 'How many files that were put aside are kept.'),
  }),
]);

const policy = v.picklist(['always', 'on-failure', 'never']);

const restart = v.union([
  policy,
  v.strictObject({
    policy: described(
      v.optional(policy, 'on-failure'),
      'After every end, after one with a code other than 0 or by a signal, or never.',
    ),
    delay: described(
      v.optional(milliseconds, 100),
      'Milliseconds before the first restart; doubled for each one that follows soon.',
    ),
    maxDelay: described(v.optional(milliseconds, 30_000), 'Milliseconds that the delay grows to.'),
    limit: described(v.optional(count, 5), 'So many starts within the window; then the process has failed.'),
    window: described(v.optional(milliseconds, 10_000), 'Milliseconds of the window.'),
  }),
]);

const readiness = [
  v.strictObject({
    procedure: described(text, 'Ready once this procedure is registered in the realm of the process, by whomever.'),
  }),
  v.strictObject({
    port: described(wholeNumber(1, 65_535), 'Ready once something on this machine answers at this TCP port.'),
  }),
  v.strictObject({ line: described(text, 'Ready once a line with this text is printed.') }),
] as const;

/**
 * The router gives up a connection that has said nothing for half of this, so that a worker that stands still for so long is
 * out of service anyway.
 */
export const HANG_TIMEOUT_MS = 60_000;
/** A machine that is busy may keep a process from its turn for some time. */
const LEAST_HANG_TIMEOUT_MS = 1000;

const hangTimeout = v.union([
  v.literal(0),
  v.pipe(
    milliseconds,
    v.minValue(LEAST_HANG_TIMEOUT_MS, `expected at least ${LEAST_HANG_TIMEOUT_MS} milliseconds, or 0 for ever`),
  ),
]);

/** How many processes of a kind there can be. */
export const MAX_INSTANCES = 1000;
const instances = wholeNumber(1, MAX_INSTANCES);

/** What worker and guest have in common. */
function common(sources: Sources) {
  const name = v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'expected a name of letters, digits, dots, dashes and underscores'),
  );
  return {
    name: described(v.optional(name), 'What it is called. Default: after its module, or its script or executable.'),
    realm: described(v.optional(text), 'The realm that it joins. Default: the first one of the router.'),
    role: described(
      v.optional(text),
      'The role that it joins with, as the realm defines it. Default: one that may do anything.',
    ),
    instances: described(v.optional(instances, 1), 'So many processes of the same kind.'),
    after: described(
      v.optional(v.array(text), []),
      'Names of processes that have to be ready before this one is started.',
    ),
    readyTimeout: described(
      v.optional(milliseconds, 30_000),
      'Milliseconds that it may take to be ready; after that it is ended and counts as failed. 0: for ever.',
    ),
    restart: described(v.optional(restart, 'on-failure'), 'Whether and when it is started again after it has ended.'),
    stop: described(
      v.optional(
        v.strictObject({
          signal: described(
            v.optional(v.picklist(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']), 'SIGTERM'),
            'The signal that asks it, and all that it has started, to end.',
          ),
          grace: described(v.optional(milliseconds, 10_000), 'Milliseconds until all of them are ended by SIGKILL.'),
        }),
        {},
      ),
      'How it is stopped.',
    ),
    memory: described(
      v.optional(octets),
      'With more memory than this, of all its processes together, it is restarted. Bytes, or text such as "200MB".',
    ),
    watch: described(
      v.optional(v.union([v.boolean(), v.array(directory)])),
      'For development: restart when one of these files, or a file in one of these directories, changes; true: in the directory of this file.',
    ),
    workdir: described(v.optional(text), 'The directory it runs in. Default: the one of this file.'),
    env: described(
      v.optional(
        v.strictObject({
          inherit: described(
            v.optional(v.union([v.boolean(), v.array(text)]), ['PATH', 'HOME', 'LANG']),
            'Which variables of the environment it sees: all, none, or those named here.',
          ),
          vars: described(v.optional(v.record(text, secret(sources)), {}), 'Variables of its own, by name.'),
        }),
        {},
      ),
      'Its environment.',
    ),
    stdout: described(v.optional(output, 'log'), 'Where its output goes.'),
    stderr: described(v.optional(output, 'log'), 'Where its error output goes.'),
    user: described(
      v.optional(v.union([text, count])),
      'The user it runs as, by name or number. Only root may choose.',
    ),
    group: described(
      v.optional(v.union([text, count])),
      "The group it runs as, by name or number. Default: the user's.",
    ),
    optional: described(
      v.optional(v.boolean(), false),
      'When it cannot be started for want of its executable or modules, the site does without, and says so.',
    ),
  };
}

/** A process that loads our modules. */
function worker(sources: Sources) {
  return v.strictObject({
    type: v.literal('worker'),
    modules: described(
      v.union([text, v.pipe(v.array(text), v.minLength(1, 'expected at least one module'))]),
      'JavaScript or TypeScript modules whose default export is an App, a class, or a function that takes a client. Relative to the directory of this file.',
    ),
    ready: described(
      v.optional(v.union([v.picklist(['registered', 'started']), ...readiness]), 'registered'),
      'When it counts as ready: "registered" once its modules are loaded and all that they offer is registered, "started" at once.',
    ),
    hangTimeout: described(
      v.optional(hangTimeout, HANG_TIMEOUT_MS),
      'Milliseconds that its event loop may stand still once it is ready; after that it is ended at once and counts as failed. 0: for ever, as for a debugger.',
    ),
    ...common(sources),
  });
}

/** Any other program. */
function guest(sources: Sources) {
  return v.strictObject({
    type: v.literal('guest'),
    executable: described(
      text,
      'The program: a path, relative to the working directory, or a name that is looked for in PATH. No shell is involved.',
    ),
    arguments: described(v.optional(v.array(v.string()), []), 'Its arguments, each as it stands here.'),
    stdin: described(
      v.optional(
        v.union([
          v.literal('close'),
          v.strictObject({ json: described(v.unknown(), 'Written as JSON, then the input is closed.') }),
        ]),
        'close',
      ),
      'What it can read from its standard input.',
    ),
    connection: described(
      v.optional(v.picklist(['env', 'stdin', 'none']), 'none'),
      'How it is told where the router is, and by which ticket it gets in: as ROCADE_URL, ROCADE_REALM, ROCADE_AUTHID and ROCADE_TICKET in its environment, or as the keys url, realm, authid and ticket of JSON on its standard input. The ticket is made for this one process and is void when it has ended.',
    ),
    ready: described(
      v.optional(v.union([v.picklist(['started', 'ended']), ...readiness]), 'started'),
      'When it counts as ready: "started" at once, "ended" once it has done its work and ended with code 0, or as said here.',
    ),
    ...common(sources),
  });
}

export function processSchema(sources: Sources) {
  return v.variant('type', [worker(sources), guest(sources)], 'expected "worker" or "guest"');
}

type Process = v.InferOutput<ReturnType<typeof processSchema>>;

/** A process as it is configured: all defaults filled in, and with its name and realm. */
export type ProcessConfig = Process & { readonly name: string; readonly realm: string };
export type WorkerConfig = Extract<ProcessConfig, { readonly type: 'worker' }>;
export type GuestConfig = Extract<ProcessConfig, { readonly type: 'guest' }>;
export type OutputConfig = ProcessConfig['stdout'];
