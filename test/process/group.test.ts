import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { memoryByGroup, pageBytesIn } from '../../src/process/group.ts';

test('memory is counted in the pages of this machine', () => {
  const smaps = (size: string): string =>
    `5581a0000000-5581a0001000 r--p 00000000 08:01 7 /bin/node\nSize: 4 kB\n${size}`;
  expect(
    ['KernelPageSize:        4 kB\nMMUPageSize: 64 kB\n', 'KernelPageSize:       16 kB\n', ''].map((size) =>
      pageBytesIn(smaps(size)),
    ),
  ).toEqual([4096, 16_384, 4096]);
});

test('the memory of a group is about what its process says it has', async () => {
  const script =
    'globalThis.kept = Buffer.alloc(50e6, 1); console.log(process.memoryUsage.rss()); setInterval(() => {}, 1e6)';
  const child = spawn(process.execPath, ['--eval', script], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const [told] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const shown = memoryByGroup().get(child.pid as number) ?? 0;
  child.kill('SIGKILL');
  expect(shown / Number(told)).toBeGreaterThan(0.5);
  expect(shown / Number(told)).toBeLessThan(2);
});
