import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { UsageError } from '../base/index.ts';

/** The Unix sockets of a site that runs. */
export interface Places {
  /** Where commands reach the manager. */
  readonly control: string;
  /** Where processes of the site reach the router. */
  readonly router: string;
}

/** What the kernel has room for. */
const MAX_PATH_BYTES = 100;

/** Beside the configuration, in a directory that only this user may enter; elsewhere when that path is too long. */
export function placesOf(file: string): Places {
  const path = resolve(file);
  const name = basename(path, extname(path));
  const beside = join(dirname(path), '.rocade');
  const fits = Buffer.byteLength(join(beside, `${name}.control.sock`)) <= MAX_PATH_BYTES;
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 16);
  const directory = fits ? beside : join(tmpdir(), `rocade-${process.getuid?.() ?? 0}-${hash}`);
  const short = fits ? name : 'site';
  return { control: join(directory, `${short}.control.sock`), router: join(directory, `${short}.router.sock`) };
}

/** Makes the directory of the sockets, for this user alone. Throws a `UsageError` when it is somebody else's. */
export function makePlaces({ control }: Places): void {
  const directory = dirname(control);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UsageError(`cannot make the directory '${directory}': ${(error as Error).message}`);
  }
  const found = lstatSync(directory);
  if (!found.isDirectory() || (process.getuid && found.uid !== process.getuid()))
    throw new UsageError(`'${directory}' is not a directory of this user`);
  chmodSync(directory, 0o700);
}
