import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJson } from '../../src/config/json-text.ts';

describe('JSON with places', () => {
  test('is the JSON that everybody reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 1, 2), (text, indent) => {
        const pretty = JSON.stringify(JSON.parse(text), null, indent);
        expect(JSON.stringify(readJson(pretty).value)).toBe(JSON.stringify(JSON.parse(pretty)));
      }),
    );
  });

  test('refuses what nobody reads', () => {
    const accepts = (read: (text: string) => unknown, text: string) => {
      try {
        read(text);
        return true;
      } catch {
        return false;
      }
    };
    const pieces = fc.array(
      fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"', '1', '-', 'true', ' ', '\n', '\\', 'e5'),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('');
        // The one difference: a key that stands twice is a mistake here.
        if (/"a"\s*:[^]*"a"\s*:/.test(text)) return;
        expect(accepts(readJson, text)).toBe(accepts(JSON.parse, text));
      }),
      { numRuns: 2000 },
    );
  });

  test('knows where keys and values stand', () => {
    const { position } = readJson('{\n  "a": [\n    1, {"b":  true}\n  ]\n}');
    expect(position([])).toEqual({ line: 1, column: 1 });
    expect(position(['a'], 'key')).toEqual({ line: 2, column: 3 });
    expect(position(['a'])).toEqual({ line: 2, column: 8 });
    expect(position(['a', 1, 'b'], 'key')).toEqual({ line: 3, column: 9 });
    expect(position(['a', 1, 'b'])).toEqual({ line: 3, column: 15 });
    expect(position(['a', 1, 'nothing'], 'key')).toEqual({ line: 3, column: 8 });
  });
});
