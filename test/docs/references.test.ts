import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pages, read, root, sources } from './fences.ts';
import { imported, subpaths } from './imported.ts';

/** The text without code, where brackets and backticks mean something else. */
const prose = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '');

/** What GitHub makes of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');
const anchorsOf = (file: string): string[] =>
  [...prose(read(file)).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));

describe.each(pages)('$file', ({ file, text }) => {
  const links = [...prose(text).matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);

  test('links to what is there', () => {
    const broken = links
      .filter((link) => !/^https?:/.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? file : join(dirname(file), path);
        return !existsSync(join(root, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
      });
    expect(broken).toEqual([]);
  });

  test('names files of the repository that exist', () => {
    const named = [...prose(text).matchAll(/`((?:src|test|docs|scripts|examples|dist)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    );
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  const text = prose(read('docs/architecture.md'));
  const code = sources.map((source) => source.text).join('\n');

  test('names files of src that exist', () => {
    const named = [...text.matchAll(/`([a-z]+\/[\w-]+\.ts|[\w-]+\.ts)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((path) => !sources.some(({ file }) => file === `src/${path}`))).toEqual([]);
  });

  test('names functions that the source has', () => {
    const named = [...text.matchAll(/`(?:new )?(?:([A-Z]\w*)\.)?(#?\w+)\(\)`/g)];
    expect(named.length).toBeGreaterThan(20);
    const missing = named.filter(([, owner, name]) => {
      // A method is looked for where its class is.
      const owners = sources.filter((source) => new RegExp(`(?:class|interface) ${owner}\\b`).test(source.text));
      const within = owner === undefined ? code : owners.map((source) => source.text).join('\n');
      return !new RegExp(`(?<![\\w#])${name}(?:<\\w+>)?\\(|\\b${name}: \\(|\\bconst ${name} = `).test(within);
    });
    expect(missing.map(([whole]) => whole)).toEqual([]);
  });

  test('names classes that the source has', () => {
    const named = [...text.matchAll(/`([A-Z]\w+)(?:\.#?\w+\(\))?`/g)]
      .map(([, name = '']) => name)
      .filter((name) => !/^[A-Z_]+$/.test(name));
    expect(named.filter((name) => !new RegExp(`(?:class|interface|type|const) ${name}\\b`).test(code))).toEqual([]);
  });
});

describe('docs/api.md', () => {
  test('lists every error class with its code', async () => {
    const modules = await Promise.all(
      ['rocade', 'rocade/auth', 'rocade/node', 'rocade/router', 'rocade/memory', 'rocade/protocol'].map(imported),
    );
    const { RocadeError } = modules[0] as { RocadeError: new () => Error };
    const classes = new Map<string, string>();
    for (const [name, value] of modules.flatMap((module) => Object.entries(module))) {
      if (typeof value !== 'function' || !(value.prototype instanceof RocadeError)) continue;
      const { code } = new (value as new (...args: unknown[]) => { code: string })('', []);
      classes.set(name, code);
    }
    const listed = [...read('docs/api.md').matchAll(/^\| `([A-Z]\w+)` \| `(\w+)` \| /gm)].map(
      ([, name = '', code = '']) => [name, code] as const,
    );
    expect(new Map(listed)).toEqual(classes);
  });

  test('names every value that `rocade` exports', async () => {
    const text = read('docs/api.md');
    const names = Object.keys(await imported('rocade'));
    expect(names.filter((name) => !text.includes(name))).toEqual([]);
  });
});

describe('the documentation', () => {
  test.each(subpaths)('names every value that `%s` exports', async (subpath) => {
    const names = Object.keys(await imported(subpath));
    const text = pages.map((page) => page.text).join('\n');
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });
});

test('the list of packages in docs/dependencies.md is linked from the README', () => {
  expect(read('README.md')).toContain('(docs/dependencies.md)');
});
