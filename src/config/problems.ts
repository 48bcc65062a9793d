import type * as v from 'valibot';
import { nearest } from './nearest.ts';

/** Something wrong in a configuration, and where: the way to a value, or to a key. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly part: 'key' | 'value';
  readonly message: string;
}

/** What is looked at of a schema here. */
interface Shape {
  readonly type: string;
  readonly wrapped?: Shape;
  readonly item?: Shape;
  readonly value?: Shape;
  readonly options?: readonly (Shape | string)[];
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly literal?: unknown;
}

type Issue = v.BaseIssue<unknown>;

/** The mistakes that valibot found, in words for people. */
export function problemsOf(issues: readonly Issue[], schema: v.GenericSchema, root: unknown): Problem[] {
  return distinct(issues.flatMap((issue) => explain(issue, [], { schema: schema as unknown as Shape, root })));
}

interface Context {
  readonly schema: Shape;
  readonly root: unknown;
}

function explain(issue: Issue, above: readonly PropertyKey[], context: Context): Problem[] {
  const steps = (issue.path ?? []) as readonly { readonly key: PropertyKey; readonly origin?: string }[];
  const path = [...above, ...steps.map(({ key }) => key)];
  if (issue.kind !== 'schema') return [{ path, part: 'value', message: issue.message }];
  if (issue.type === 'strict_object' && steps.at(-1)?.origin === 'key') {
    const object = path.slice(0, -1);
    if (issue.expected !== 'never') return [missingKey(object, issue)];
    const unknown = unknownKeys(object, context);
    // One that only another alternative knows.
    const key = String(path.at(-1));
    const message = `the key '${key}' does not go together with the others of ${nameOf(object)}`;
    return unknown.length > 0 ? unknown : [{ path, part: 'key', message }];
  }
  if (issue.type === 'variant' && issue.input === undefined)
    return [missingKey(path.slice(0, -1), { expected: '"type"' })];
  if (issue.type === 'union' && issue.issues) {
    // The alternative that is of the right kind, and wrong further inside or in what it stands for, is the one that was meant.
    const refused = issue.issues.filter(({ kind, path: inside }) => kind !== 'schema' && !inside);
    const meant = refused.length > 0 ? refused : issue.issues.filter((inner) => inner.path);
    if (meant.length > 0) return likeliest(meant.flatMap((inner) => explain(inner, path, context)));
  }
  const got = path.some((key) => MAY_BE_SECRET.has(key)) ? kindOf(issue.input) : plain(issue.received);
  const expected = issue.message.startsWith('Invalid') ? `expected ${plain(issue.expected)}` : issue.message;
  const message = `${expected}, got ${got}`;
  return [{ path, part: 'value', message }];
}

/** What stands under these keys is not shown: somebody may have put a secret in another place than is meant for it. */
const MAY_BE_SECRET: ReadonlySet<PropertyKey> = new Set(['principals', 'privateKey', 'vars']);

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const kind = typeof value;
  if (kind === 'boolean') return 'true or false';
  return kind === 'string' ? 'text' : kind === 'object' ? 'an object' : `a ${kind}`;
}

function missingKey(object: readonly PropertyKey[], { expected }: Pick<Issue, 'expected'>): Problem {
  return { path: object, part: 'value', message: `${nameOf(object)} lacks the key ${plain(expected)}` };
}

function unknownKeys(path: readonly PropertyKey[], { schema, root }: Context): Problem[] {
  const object = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)[key], root) as object;
  const known = keysAt(schema, path, root);
  return Object.keys(object)
    .filter((key) => !known.has(key))
    .map((key) => {
      const meant = nearest(key, known);
      const hint = meant === undefined ? `known are ${[...known].join(', ')}` : `did you mean '${meant}'?`;
      return { path: [...path, key], part: 'key', message: `unknown key '${key}' in ${nameOf(path)}; ${hint}` };
    });
}

/** The keys that the schema knows at the end of `path`. Where there are alternatives, those that the value can be. */
function keysAt(schema: Shape, path: readonly PropertyKey[], value: unknown): Set<string> {
  const found = new Set<string>();
  const visit = (shape: Shape, rest: readonly PropertyKey[], here: unknown): void => {
    if (shape.wrapped) return visit(shape.wrapped, rest, here);
    if (shape.options && (shape.type === 'union' || shape.type === 'variant')) {
      for (const option of shape.options)
        if (typeof option === 'object' && fits(option, here)) visit(option, rest, here);
      return;
    }
    const [key, ...further] = rest;
    if (key === undefined) {
      for (const name of Object.keys(shape.entries ?? {})) found.add(name);
      return;
    }
    const next = shape.entries?.[String(key)] ?? shape.item ?? shape.value;
    if (next) visit(next, further, (here as Record<PropertyKey, unknown>)[key]);
  };
  visit(schema, path, value);
  return found;
}

/** May a value be meant for this alternative? Those that name their kind know. */
function fits({ entries }: Shape, value: unknown): boolean {
  const kind = entries?.['type'];
  return kind?.type !== 'literal' || (value as { readonly type?: unknown }).type === kind.literal;
}

/** A key that no alternative knows says more than the keys that each of them would have. */
function likeliest(problems: readonly Problem[]): Problem[] {
  const unknown = problems.filter(({ part }) => part === 'key');
  return distinct(unknown.length > 0 ? unknown : problems);
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.path.join('/')} ${problem.message}`, problem])).values()];
}

/** A way as people write it: `processes[0].stop`. */
function nameOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file';
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );
}

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bObject\b/g, 'an object'],
  [/\bArray\b/g, 'a list'],
  [/\bstring\b/g, 'text'],
  [/\bboolean\b/g, 'true or false'],
  [/\bnumber\b/g, 'a number'],
  [/\(|\)/g, ''],
  [/ \| /g, ' or '],
];

/** What valibot writes, such as `("a" | Object)`, in words. */
function plain(text: string | null): string {
  // What somebody wrote stays as it was written.
  if (text === null || /^"(?:[^"]*)"$/.test(text)) return text ?? 'something else';
  return WORDS.reduce((result, [pattern, word]) => result.replace(pattern, word), text);
}
