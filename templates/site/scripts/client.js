// The page loads rocade from this site itself, in the version that is installed.
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = new URL('rocade.min.js', import.meta.resolve('rocade'));
copyFileSync(fileURLToPath(source), fileURLToPath(new URL('../public/rocade.min.js', import.meta.url)));
