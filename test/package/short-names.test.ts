import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { browserEntries, outputName } from '../../entries.js';
import { shortNames } from '../../short-names.js';

// Names that the builds for pages write shorter: a program, a peer or a runtime that knows one of them would not find it there.
const root = fileURLToPath(new URL('../../', import.meta.url));
const short: Record<string, string> = shortNames;
const names = Object.keys(short);
const read = (file: string) => readFileSync(file, 'utf8');
const withoutComments = (code: string) => code.replace(/\/\*[^]*?\*\/|\/\/.*/g, '');

/** Everything that the types of the public subpaths lead to. */
function publicTypes(): Set<string> {
  const files = new Set(browserEntries.map(({ source }) => join(root, 'dist', `${outputName(source)}.d.ts`)));
  for (const file of files) {
    for (const [, path = ''] of read(file).matchAll(/(?:from |import\()["'](\.[^"']+)\.(?:js|ts)["']/g))
      files.add(join(dirname(file), `${path}.d.ts`));
  }
  return files;
}

describe('names that are shorter in builds for pages', () => {
  test('are no names of anything that the types of the package show', () => {
    const files = [...publicTypes()];
    expect(files.length).toBeGreaterThan(browserEntries.length);
    const shown = files.flatMap((file) => {
      const members = [...withoutComments(read(file)).matchAll(/[\w$]+(?=\??[:(<])/g)].map(([name]) => name);
      return names.filter((name) => members.includes(name)).map((name) => `${name} in ${file}`);
    });
    expect(shown).toEqual([]);
  });

  test('are no names of what a runtime or a package has', () => {
    const types = [join(root, 'node_modules/typescript/lib'), join(root, 'node_modules/@types/node')].flatMap(
      (folder) =>
        readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .filter((file) => /(^lib\.(dom|es|webworker).*|globals)\.d\.ts$/.test(file))
          .map((file) => join(folder, file)),
    );
    const declared = new Set(
      types.flatMap((file) =>
        [...read(file).matchAll(/^\s+(?:readonly |get |set )?(\w+)\??[:(<]/gm)].map(([, name]) => name),
      ),
    );
    expect(declared.size).toBeGreaterThan(5000);
    expect(names.filter((name) => declared.has(name))).toEqual([]);
  });

  test('are nowhere written as texts, which stay as they are', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const quoted = new RegExp(
      `\\[['"](${names.join('|')})['"]\\]|['"](${names.join('|')})['"] in |['"](${names.join('|')})['"]\\??:`,
    );
    const found = sources.filter((file) => quoted.test(withoutComments(read(join(root, 'src', file)))));
    expect(found).toEqual([]);
  });

  test('are each short for one', () => {
    expect(new Set(Object.values(short)).size).toBe(names.length);
  });
});
