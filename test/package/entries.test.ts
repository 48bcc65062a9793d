import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { binMap, browserEntries, commands, entries, exportsMap, outputName, script, specifier } from '../../entries.js';
import names from './exported-names.json' with { type: 'json' };

const root = new URL('../../', import.meta.url);
const json = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));

describe('the list of entries', () => {
  test('is what package.json exports, with types first', () => {
    const { exports, bin } = json('package.json');
    expect(JSON.stringify(exports)).toBe(JSON.stringify(exportsMap()));
    expect(bin).toEqual(binMap());
  });

  test('is what the paths of the tests and examples point at', () => {
    const { paths } = json('tsconfig.paths.json').compilerOptions;
    expect(paths).toEqual(
      Object.fromEntries(entries.map(({ subpath, source }) => [specifier(subpath), [`./${source}`]])),
    );
  });

  test('has a list of exported names for each subpath', () => {
    expect(Object.keys(names)).toEqual(entries.map(({ subpath }) => specifier(subpath)));
  });
});

describe('what a subpath exports at run time is the checked-in list', () => {
  test.each(Object.entries(names))('%s', async (subpath, expected) => {
    // Node itself resolves the name, through the exports map.
    const exported = await import(/* @vite-ignore */ import.meta.resolve(subpath));
    expect(Object.keys(exported).sort()).toEqual(expected);
  });

  test.each(browserEntries)('and as built for pages: $subpath', async ({ subpath, source }) => {
    const exported = await import(/* @vite-ignore */ new URL(`dist/browser/${outputName(source)}.js`, root).href);
    expect(Object.keys(exported).sort()).toEqual(names[specifier(subpath) as keyof typeof names]);
  });

  test('and the script-tag file puts the names of the first entry under one global', () => {
    const code = readFileSync(new URL(script.output, root), 'utf8');
    const exported = runInThisContext(`(() => { ${code}\nreturn ${script.global}; })()`);
    expect(Object.keys(exported).sort()).toEqual(names.rocade);
  });
});

describe('commands', () => {
  test.each(commands)('$name starts with a line that makes it executable', ({ source }) => {
    const built = readFileSync(new URL(`dist/${outputName(source)}.js`, root), 'utf8');
    expect(built.startsWith('#!/usr/bin/env node\n')).toBe(true);
  });
});
