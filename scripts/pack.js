// Packs the package as it would be published, into a folder of its own. The package must be built.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives `use` the path of the packed file and an empty folder to work in; both are removed afterwards. */
export function withPackedPackage(use) {
  const folder = mkdtempSync(join(tmpdir(), 'rocade-'));
  try {
    const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const [packed] = JSON.parse(execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
    return use({ folder, archive: join(folder, packed.filename), files: packed.files.map(({ path }) => path) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
