import { afterEach, describe, expect, test, vi } from 'vitest';
import { isForPage, programs, whereIs } from './fences.ts';
import { Stage } from './run.ts';

let stage: Stage | undefined;
// What the client prints when nobody listens to its errors. No snippet of the documentation should come to that.
vi.spyOn(console, 'error').mockImplementation((...texts) => void stage?.complaints.push(texts.join(' ')));

afterEach(() => stage?.close());

describe.each([...new Set(programs.map(({ file }) => file))])('%s', (file) => {
  const here = programs.filter((fence) => fence.file === file && !isForPage(fence));
  test.each(here.map((fence) => [whereIs(fence), fence] as const))(
    '%s runs, and does what its comments say',
    async (_where, fence) => {
      stage = new Stage();
      await stage.runWithOthers(fence);
    },
  );
});

test('there are snippets to run, on pages and in docstrings', () => {
  expect(programs.filter(({ docstring }) => !docstring).length).toBeGreaterThan(20);
  expect(programs.filter(({ docstring }) => docstring).length).toBeGreaterThan(10);
});
