import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Makes this package, and what it has for development, available in a folder, as if they were installed there. */
export function linkPackage(folder: string): void {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/rocade'), 'dir');
  symlinkSync(join(root, 'node_modules/tsx'), join(folder, 'node_modules/tsx'), 'dir');
}
