import type { Log } from 'rocade/app';

/** A log that keeps its lines. */
export function lines(): Log & { readonly written: string[] } {
  const written: string[] = [];
  const write =
    (level: string) =>
    (...line: unknown[]): void =>
      void written.push([level, ...line].join(' '));
  return { written, debug: () => {}, info: write('info'), warn: write('warn'), error: write('error') };
}
