import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// A check that finds nothing may be a check that looks at nothing. Here every rule meets a file that breaks it.
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rocade-rules-'));
const run = promisify(execFile);

const planted = {
  'src/base/index.ts': 'export const later = (ms: number): number => ms;',
  'src/protocol/index.ts': 'export interface Message { type: string }\nexport const code = 1;',
  'src/protocol/impure.ts': 'export const impure = [setTimeout, crypto, new TextEncoder()];',
  'src/auth/index.ts': "import { code } from '../protocol/index.ts';\nexport const sign = code;",
  'src/transports/index.ts': "import { open } from './memory.ts';\nexport const channel = open;",
  'src/transports/memory.ts': "import { channel } from './index.ts';\nexport const open = (): unknown => channel;",
  'src/transports/second.ts': "export { default as socket } from 'isomorphic-ws';",
  'src/router/index.ts': "import { createHash } from 'node:crypto';\nexport const router = createHash;",
  'src/router/realm.ts': "import WebSocket from 'isomorphic-ws';\nexport const realm = WebSocket;",
  'src/client/index.ts': "import { router } from '../router/index.ts';\nexport const client = router;",
  'src/client/deep.ts': "export { impure } from '../protocol/impure.ts';",
  'src/client/star.ts': "export * from '../protocol/index.ts';",
  'src/client/missing.ts': "import { nothing } from './nothing.ts';\nexport const missing: unknown = nothing;",
  'src/index.ts': "export { router } from './router/index.ts';",
  'src/unheard-of/index.ts': "export { later } from '../base/index.ts';",
  'src/client/Bad_Name.ts': 'export const name = 1;',
  'src/client/long.ts': `export const lines = [\n${'  1,\n'.repeat(400)}];`,
  'src/client/lint.ts': `
    import { Message } from '../protocol/index.ts';
    type Kind = 'a' | 'b';
    const work = async (): Promise<void> => {};
    export default function lint(kind: Kind, list: string[], value: any, message: Message): unknown {
      work();
      list.forEach(async () => { await work(); });
      switch (kind) { case 'a': return Math.random(); }
      if (message.type === 'x') throw 'text';
      console.log(Buffer.from('x'), eval('1'), new Function('x'));
      return value.x;
    }`,
};

beforeAll(() => {
  const configurations = ['entries.js', 'package.json', 'tsconfig.json', 'tsconfig.pure.json', '.oxlintrc.json'];
  for (const file of [...configurations, '.dependency-cruiser.mjs', 'scripts/layers.js']) {
    cpSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  for (const [path, text] of Object.entries(planted)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}\n`);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a check printed; it must have failed. */
async function fails(command: string, ...args: string[]): Promise<string> {
  const outcome = await run(command, args, { cwd: folder, maxBuffer: 1 << 24 }).then(
    () => ({ code: 0, stdout: '', stderr: '' }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  expect(outcome.code).not.toBe(0);
  return outcome.stdout + outcome.stderr;
}

describe('import directions', () => {
  test('each planted violation is found', async () => {
    const output = await fails(process.execPath, 'scripts/layers.js');
    const found = (rule: string, from: string) => expect(output).toMatch(new RegExp(`^${rule}: ${from}`, 'm'));
    found('client-imports', 'src/client/index.ts → src/router/index.ts');
    found('client-index-only', 'src/client/deep.ts → src/protocol/impure.ts');
    found('auth-types-only', 'src/auth/index.ts → src/protocol/index.ts');
    found('router-packages', 'src/router/realm.ts → .*isomorphic-ws');
    found('isomorphic-ws', 'src/router/realm.ts, src/transports/second.ts');
    found('node-modules-at-the-edge', 'src/router/index.ts → (node:)?crypto');
    found('no-cycles', 'src/transports/');
    found('resolvable', 'src/client/missing.ts');
    found('root-layers', 'src/index.ts → src/router/index.ts');
    found('known-folder', 'src/unheard-of/index.ts');
    found('export \\*', 'src/client/star.ts');
    expect(output).toContain(`${Object.keys(planted).length} modules`);
  });
});

describe('lint', () => {
  test('each planted violation is found', async () => {
    const output = await fails('node_modules/.bin/oxlint', '--type-aware', '--format', 'unix');
    const rules = new Set([...output.matchAll(/Error\/([\w-]+\([\w-]+\))/g)].map(([, rule]) => rule));
    expect([...rules]).toEqual(
      expect.arrayContaining([
        'eslint(max-lines)',
        'eslint(max-params)',
        'eslint(no-console)',
        'eslint(no-eval)',
        'eslint(no-new-func)',
        'eslint(no-restricted-globals)',
        'eslint(no-restricted-properties)',
        'import(no-cycle)',
        'import(no-default-export)',
        'typescript(consistent-type-imports)',
        'typescript(no-explicit-any)',
        'typescript(no-floating-promises)',
        'typescript(no-misused-promises)',
        'typescript(no-unsafe-member-access)',
        'typescript(only-throw-error)',
        'typescript(switch-exhaustiveness-check)',
        'unicorn(filename-case)',
      ]),
    );
  });
});

describe('the compiler', () => {
  test('knows no timers, no cryptography and no text codecs in the protocol', async () => {
    const output = await fails('node_modules/.bin/tsc', '-p', 'tsconfig.pure.json');
    for (const name of ['setTimeout', 'crypto', 'TextEncoder']) expect(output).toContain(`Cannot find name '${name}'`);
  });
});
