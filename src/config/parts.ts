import * as v from 'valibot';

/** Where values come from that do not stand in the file. */
export interface Sources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The text of a file, named relative to the configuration's directory. Throws when there is none. */
  readonly read: (file: string) => string;
}

export const text = v.pipe(v.string(), v.nonEmpty('expected some text'));
export const count = v.pipe(v.number(), v.integer('expected a whole number'), v.minValue(1, 'expected at least 1'));
/** Timers of Node end at once when they are to take longer. */
const LONGEST_MS = 2_147_483_647;
export const milliseconds = v.pipe(
  v.number(),
  v.integer('expected whole milliseconds'),
  v.minValue(0, 'expected no negative time'),
  v.maxValue(LONGEST_MS, `expected at most ${LONGEST_MS} milliseconds`),
);
export const atLeastZero = wholeNumber(0);

/** With a sentence that says what is expected, whatever is wrong with it. */
export function wholeNumber(least: number, most?: number) {
  const sentence = `expected a whole number from ${least}${most === undefined ? '' : ` to ${most}`}`;
  return v.pipe(
    v.number(),
    v.integer(sentence),
    v.minValue(least, sentence),
    v.maxValue(most ?? Number.MAX_SAFE_INTEGER, sentence),
  );
}

/** `described(schema, what it is for)`: the sentence stands in the published schema and in the reference. */
export function described<const S extends v.GenericSchema>(schema: S, sentence: string) {
  return v.pipe(schema, v.description(sentence));
}

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};
const SIZE = /^(\d+(?:\.\d+)?) ?(B|kB|KB|MB|GB|KiB|MiB|GiB)$/;

/** So many octets: a number, or text such as `200MB`. */
export const octets = v.union([
  count,
  v.pipe(
    v.string(),
    v.regex(SIZE, 'expected a number of bytes, or text such as "200MB"'),
    v.transform((size) => {
      const [, number, unit] = SIZE.exec(size) as RegExpExecArray;
      return Math.round(Number(number) * (UNITS[unit as string] as number));
    }),
  ),
]);

/** Text, or where to find it: what is secret does not belong into the file. */
export function secret({ environment, read }: Sources) {
  const source = v.union([
    v.string(),
    described(
      v.strictObject({
        env: described(text, 'The name of the variable.'),
        default: described(v.optional(v.string()), 'What stands for it when there is no such variable.'),
      }),
      'The value of a variable of the environment.',
    ),
    described(v.strictObject({ file: text }), 'The text of this file, without the line break at its end.'),
  ]);
  return v.pipe(
    source,
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const from = dataset.value;
      if (typeof from === 'string') return from;
      if ('env' in from) {
        const value = environment[from.env] ?? from.default;
        if (value !== undefined) return value;
        addIssue({ message: `there is no variable '${from.env}' in the environment` });
        return NEVER;
      }
      try {
        return read(from.file).replace(/\r?\n$/, '');
      } catch (error) {
        // The message names the file, and nothing that stands in it.
        const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
        const message = code === 'ENOENT' ? `there is no file '${from.file}'` : `cannot read '${from.file}': ${code}`;
        addIssue({ message });
        return NEVER;
      }
    }),
  );
}
