import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const manifest = JSON.parse(read('package.json'));
const described = read('docs/dependencies.md');

interface Locked {
  dev?: boolean;
  optional?: boolean;
  resolved?: string;
}
const locked = Object.entries<Locked>(JSON.parse(read('package-lock.json')).packages).filter(([path]) => path !== '');
const installed = locked
  .filter(([, entry]) => entry.dev !== true)
  .map(([path]) => path.replace(/^.*node_modules\//, ''));

describe('dependencies', () => {
  test('a user installs at most 40 packages, rocade included', () => {
    expect(installed.length).toBeGreaterThanOrEqual(Object.keys(manifest.dependencies).length);
    expect(installed.length + 1).toBeLessThanOrEqual(40);
  });

  test.each([...new Set([...installed, ...Object.keys(manifest.devDependencies)])])(
    '%s is described in docs/dependencies.md',
    (name) => {
      expect(described).toContain(`\`${name}\``);
    },
  );

  test('the lock file names no registry', () => {
    expect(locked.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  });
});
