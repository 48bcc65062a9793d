import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { RocadeError, UsageError } from '../base/index.ts';
import { type JsonText, JsonSyntaxError, type Position, readJson } from './json-text.ts';
import { named } from './names.ts';
import { wrongRealms } from './realms.ts';
import { wrongRoles } from './roles.ts';
import { type Problem, problemsOf } from './problems.ts';
import type { ProcessConfig } from './process-schema.ts';
import type { RouterConfig } from './router-schema.ts';
import { configurationSchema, type LogConfig, type ManagementConfig } from './schema.ts';

/** A configuration that makes sense: every default filled in, every secret looked up. */
export interface Configuration {
  /** The file, as an absolute path. */
  readonly file: string;
  /** Where relative paths start. */
  readonly directory: string;
  readonly router: RouterConfig;
  readonly processes: readonly ProcessConfig[];
  readonly log: LogConfig;
  readonly management: ManagementConfig;
  /** Where something stands in the file. */
  readonly position: JsonText['position'];
}

/** A configuration that cannot be used. Its message has a line for each mistake. */
export class ConfigurationError extends RocadeError {
  override readonly name = 'ConfigurationError';
  readonly code = 'bad_configuration';
  readonly mistakes: readonly Mistake[];

  constructor(file: string, mistakes: readonly Mistake[]) {
    super(mistakes.map((mistake) => describe(file, mistake)).join('\n'));
    this.mistakes = mistakes;
  }
}

/** What is wrong, and where. */
export interface Mistake extends Position {
  readonly message: string;
}

/** `rocade.json:3:7: what is wrong`, as editors make a link of it. */
export function describe(file: string, { line, column, message }: Mistake): string {
  return `${file}:${line}:${column}: ${message}`;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a configuration. Throws a `UsageError` when there is no such file, a `ConfigurationError` for what is wrong in it. */
export function readConfiguration(path: string, environment: Environment): Configuration {
  const file = resolve(path);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new UsageError(`cannot read '${path}': it is no text in UTF-8`);
    if (code === 'ENOENT') throw new UsageError(`there is no file '${path}'; \`rocade init\` writes one`);
    throw new UsageError(`cannot read '${path}': ${code === 'EISDIR' ? 'it is a directory' : message}`);
  }
  return parseConfiguration(text, { file, environment, shownAs: path });
}

interface Place {
  readonly file: string;
  readonly environment: Environment;
  /** How the file is called in messages. */
  readonly shownAs?: string;
}

/** The same, of a text. */
export function parseConfiguration(
  text: string,
  { file, environment, shownAs = basename(file) }: Place,
): Configuration {
  const directory = dirname(file);
  const json = jsonOf(text, shownAs);
  const fail = (problems: readonly Problem[]): never => {
    const mistakes = problems.map(({ path, part, message }) => ({ ...json.position(path, part), message }));
    throw new ConfigurationError(
      shownAs,
      mistakes.sort((a, b) => a.line - b.line || a.column - b.column),
    );
  };
  if (Array.isArray(json.value)) return fail([{ path: [], part: 'value', message: 'expected an object, got a list' }]);
  const schema = configurationSchema({ environment, read: (name) => readFileSync(resolve(directory, name), 'utf8') });
  const { output, success, issues } = v.safeParse(schema, json.value);
  if (!success) return fail(problemsOf(issues, schema, json.value));
  const { processes, problems } = named(output);
  const wrong = [...problems, ...wrongRealms(output), ...wrongRoles(output)];
  if (wrong.length > 0) fail(wrong);
  const { router, log, management } = output;
  return { file, directory, router, processes, log, management, position: json.position };
}

function jsonOf(text: string, shownAs: string): JsonText {
  try {
    return readJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError)
      throw new ConfigurationError(shownAs, [{ ...error.position, message: error.message }]);
    throw error;
  }
}
