import { existsSync, readdirSync, readFileSync } from 'node:fs';

// The conformance vectors of the protocol's own project, in a folder beside this repository.
const folder = new URL('../../../shared/vectors/', import.meta.url);

export interface SerializationSample {
  readonly description: string;
  readonly serializers: Readonly<Record<string, readonly { readonly bytes?: string; readonly bytes_hex?: string }[]>>;
  readonly expected_attributes: Readonly<Record<string, unknown>>;
}
export interface ValidationSample {
  readonly description: string;
  readonly wmsg: readonly unknown[];
  readonly expected_error?: { readonly type: string; readonly contains: string };
}
interface SingleMessageVector {
  readonly wamp_message_type: string;
  readonly wamp_message_code: number;
  readonly samples: readonly (SerializationSample | ValidationSample)[];
}
export interface Step {
  readonly step: number;
  readonly description: string;
  readonly from: string;
  readonly to: string;
  readonly message: Readonly<Record<string, unknown>>;
}
export interface MultiSessionVector {
  readonly description: string;
  readonly sessions: readonly {
    readonly session_id: string;
    readonly roles: readonly string[];
    readonly realm: string;
  }[];
  readonly sequence: readonly Step[];
}

export const present = existsSync(folder);

function read<T>(subfolder: string): { file: string; vector: T }[] {
  if (!present) return [];
  const files = readdirSync(new URL(subfolder, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({ file, vector: JSON.parse(readFileSync(new URL(subfolder + file, folder), 'utf8')) as T }));
}

const single = read<SingleMessageVector>('singlemessage/');
const samples = single.flatMap(({ file, vector }) =>
  vector.samples.map((sample, index) => ({ title: `${file} ${index}: ${sample.description}`, sample, ...vector })),
);

export const fileCount = single.length;
export const serializationSamples = samples.flatMap(({ title, sample, ...vector }) =>
  'serializers' in sample ? [{ title, sample, type: vector.wamp_message_type, code: vector.wamp_message_code }] : [],
);
export const validationSamples = samples.flatMap(({ title, sample }) => ('wmsg' in sample ? [{ title, sample }] : []));
export const multiSessionVectors = read<MultiSessionVector>('multisession/');
