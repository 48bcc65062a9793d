import { UsageError } from 'rocade';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { summary } from '../../src/cli/percentiles.ts';
import { parseValue, parseValues } from '../../src/cli/values.ts';

describe('a word of the command line', () => {
  test.each([
    ['2', 2],
    ['-2.5', -2.5],
    ['1e3', 1000],
    ['-0', -0],
    ['9007199254740993', 9007199254740993n],
    ['true', true],
    ['false', false],
    ['null', null],
    ['{"a":[1]}', { a: [1] }],
    ['[1,2]', [1, 2]],
    ['"2"', '2'],
    ['hello', 'hello'],
    ['007', '007'],
    ['1.', '1.'],
    ['+1', '+1'],
    ['0x10', '0x10'],
    ['', ''],
    ['NaN', 'NaN'],
    ['True', 'True'],
    ['a b', 'a b'],
    ['toString', 'toString'],
  ])('%s', (word, value) => expect(parseValue(word)).toEqual(value));

  test('that begins like JSON and is none is refused, with the way to write it as a text', () => {
    expect(() => parseValue('[hello')).toThrow(UsageError);
    expect(() => parseValue('[hello')).toThrow(/^'\[hello' begins like JSON and is none: .* "\\"\[hello\\""$/);
  });
});

describe('words', () => {
  test('with a name and = are keyword arguments, wherever they stand', () => {
    expect(parseValues(['2', 'key=value', 'n=3', 'x', 'empty=', 'eq=a=b'])).toEqual({
      args: [2, 'x'],
      kwargs: { key: 'value', n: 3, empty: '', eq: 'a=b' },
    });
  });

  test('whose part before = is no name are texts', () => {
    expect(parseValues(['2=3', '=x', 'a b=c', '"a=b"']).args).toEqual(['2=3', '=x', 'a b=c', 'a=b']);
  });

  test('cannot reach the prototype of the keyword arguments', () => {
    expect(() => parseValues(['__proto__={"a":1}'])).toThrow(
      '\'__proto__={"a":1}\': no keyword argument can have this name',
    );
  });
});

test('the summary of durations is by the nearest rank', () => {
  expect(summary([5, 1, 3, 2, 4])).toEqual({ min: 1, p50: 3, p90: 5, p99: 5, max: 5 });
  expect(summary([1.23456])).toEqual({ min: 1.235, p50: 1.235, p90: 1.235, p99: 1.235, max: 1.235 });
});

test('what is no error of the package is exit code 1', () => {
  expect([exitCodeOf(new Error('x')), exitCodeOf(new UsageError('x'))]).toEqual([1, 1]);
});
