import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { type Fence, htmlPages, programs, root, scriptsOf, whereIs } from './fences.ts';
import { prepare } from './snippet.ts';

// Every snippet is a module of its own inside the package, so that `rocade` is found by the package's exports map: the
// types that users get. JavaScript is held to the same rules, and so are the scripts of pages.

interface Module {
  readonly fence: Fence;
  readonly typed: string;
  /** How many lines come before the fence's own. */
  readonly offset: number;
}

const snippets: readonly Module[] = programs.map(prepare);
const scripts: readonly Module[] = htmlPages.map((fence) => {
  const own = scriptsOf(fence).map(({ code }) => code);
  // A page's author knows that the element is there; pages.test.ts looks.
  const document = '{ body: HTMLElement; querySelector(selector: string): HTMLElement }';
  const given = `declare const rocade: typeof import('rocade'); declare const document: ${document};`;
  return { fence, typed: `${given}\n${own.join('\n')}\nexport {};`, offset: 1 };
});
const files = new Map(
  [...snippets, ...scripts].map((module, index) => [join(root, `test/docs/fence-${index}.ts`), module]),
);

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  skipLibCheck: true,
  noEmit: true,
};

const disk = ts.createCompilerHost(options);
const host = ts.createCompilerHost(options);
host.getCurrentDirectory = () => root;
host.fileExists = (path) => files.has(path) || disk.fileExists(path);
host.readFile = (path) => files.get(path)?.typed ?? disk.readFile(path);
host.getSourceFile = (path, ...rest) => {
  const module = files.get(path);
  return module
    ? ts.createSourceFile(path, module.typed, ts.ScriptTarget.ES2022, true)
    : disk.getSourceFile(path, ...rest);
};

test('every snippet passes the strict compiler, with the types of the built package', () => {
  const program = ts.createProgram([...files.keys()], options, host);
  expect(program.getSourceFiles().some(({ fileName }) => fileName.endsWith('/dist/index.d.ts'))).toBe(true);
  const problems = [...files].flatMap(([path, snippet]) => {
    const source = program.getSourceFile(path) as ts.SourceFile;
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((diagnostic) => describe(diagnostic, snippet, source));
  });
  expect(problems.join('\n')).toBe('');
});

function describe({ start = 0, messageText }: ts.Diagnostic, { fence, offset }: Module, source: ts.SourceFile): string {
  const line = fence.line + source.getLineAndCharacterOfPosition(start).line - offset;
  return `${whereIs({ ...fence, line })}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}
