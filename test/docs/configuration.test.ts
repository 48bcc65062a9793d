import { describe, expect, test } from 'vitest';
import { configurationReference } from '../../scripts/configuration-reference.js';
import { parseConfiguration } from '../../src/config/index.ts';
import { fences, read, whereIs } from './fences.ts';

test('the reference of the configuration is what `npm run docs:configuration` makes of the schema', () => {
  expect(configurationReference()).toBe(read('docs/configuration.md'));
});

describe('configurations on the pages', () => {
  const configurations = fences.filter(({ language }) => language === 'json');

  test.each(configurations.map((fence) => [whereIs(fence), fence.code] as const))('%s can be used', (where, code) => {
    expect(parseConfiguration(code, { file: where, environment: {} }).router.realms).not.toHaveLength(0);
  });

  test('there are some', () => expect(configurations.length).toBeGreaterThan(1));
});
