import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../base/index.ts';

/** What says where to connect and as whom: options of the command line, and keys of a profile. */
export interface ConnectionValues {
  readonly url?: string;
  readonly realm?: string;
  readonly auth?: readonly string[];
  readonly authid?: string;
  readonly secret?: string;
  readonly serializer?: string;
  readonly timeout?: number;
}

const KEYS: { readonly [key in keyof Required<ConnectionValues>]: 'text' | 'number' | 'texts' } = {
  url: 'text',
  realm: 'text',
  auth: 'texts',
  authid: 'text',
  secret: 'text',
  serializer: 'text',
  timeout: 'number',
};

/** Where profiles are, unless the command line says otherwise. */
export function profilesFile(): string {
  const { ROCADE_PROFILES, XDG_CONFIG_HOME } = process.env;
  return ROCADE_PROFILES ?? join(XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'rocade', 'profiles.json');
}

/** Reads one profile: `{ "<name>": { "url": …, "realm": …, "auth": [ … ], "authid": …, "secret": … } }`. */
export function readProfile(name: string, file: string = profilesFile()): ConnectionValues {
  if (!existsSync(file)) throw new UsageError(`there is no profile '${name}': ${file} does not exist`);
  let profiles: unknown;
  try {
    profiles = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`);
  }
  if (!isRecord(profiles)) throw new UsageError(`${file}: expected an object with a profile under each name`);
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (!isRecord(profile)) {
    const names = Object.keys(profiles).join(', ') || 'none';
    throw new UsageError(`there is no profile '${name}' in ${file}; there is: ${names}`);
  }
  return checked(profile, `${file}: ${name}`);
}

function checked(profile: Record<string, unknown>, where: string): ConnectionValues {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(profile)) {
    if (!Object.hasOwn(KEYS, key))
      throw new UsageError(`${where}: unknown key '${key}'; there are ${Object.keys(KEYS).join(', ')}`);
    const kind = KEYS[key as keyof ConnectionValues];
    const texts = typeof value === 'string' ? [value] : value;
    const fits =
      kind === 'texts'
        ? Array.isArray(texts) && texts.every((one) => typeof one === 'string')
        : typeof value === (kind === 'text' ? 'string' : 'number');
    if (!fits)
      throw new UsageError(
        `${where}.${key}: expected a ${kind === 'texts' ? 'list of texts' : kind}, got ${JSON.stringify(value)}`,
      );
    values[key] = kind === 'texts' ? texts : value;
  }
  return values;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
