import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// A user's project: the package as built, its runtime dependencies and nothing else that this repository has installed,
// so that a type that only we can see is an error.
const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'rocade-consumer-'));

beforeAll(() => {
  const target = join(folder, 'node_modules', 'rocade');
  cpSync(join(root, 'dist'), join(target, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(target, 'package.json'));
  for (const name of [...Object.keys(manifest.dependencies), '@types/node', 'undici-types']) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link, 'dir');
  }
  cpSync(join(root, 'test/package/consumer'), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const modes = {
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
};
const projects = {
  'page.ts': { lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], types: [] },
  'service.ts': { lib: ['lib.es2023.d.ts'], types: ['node'] },
};

function compile(file: string, options: ts.CompilerOptions): string[] {
  const path = join(folder, file);
  const host = ts.createCompilerHost(options);
  host.getCurrentDirectory = () => folder;
  const program = ts.createProgram([path], options, host);
  expect(program.getSourceFiles().some(({ fileName }) => fileName.includes('node_modules/rocade/dist/'))).toBe(true);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file: source, messageText }) =>
      [source?.fileName.replace(`${folder}/`, ''), ts.flattenDiagnosticMessageText(messageText, '\n')].join(': '),
    );
}

describe.each(Object.entries(modes))('a TypeScript project with %s resolution', (_name, mode) => {
  test.each(Object.entries(projects))('compiles %s, the types of the package checked too', (file, project) => {
    const options: ts.CompilerOptions = {
      ...mode,
      ...project,
      target: ts.ScriptTarget.ES2022,
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
      // What comes with the compiler is not ours to check, and is most of the work.
      skipDefaultLibCheck: true,
      preserveSymlinks: true,
    };
    expect(compile(file, options)).toEqual([]);
  });
});
