import type { AttributeTable } from 'rocade/protocol';

type Kind = AttributeTable[string];

const NOT_STRINGS = [null, true, 1, 0.5, [], {}, ['a']];
const NOT_IDS = [null, true, '1', 0, -1, 1.5, 2 ** 53 + 2, [], {}];

/** Values that each kind of field or attribute takes, and values that it does not. */
const VALUES: Readonly<Record<string, { readonly right: readonly unknown[]; readonly wrong: readonly unknown[] }>> = {
  id: { right: [1, 2 ** 53 - 1, 2 ** 53], wrong: NOT_IDS },
  'id or 0': { right: [0, 1, 2 ** 53], wrong: [null, '0', -1, 0.5, [], {}] },
  'request code': { right: [16, 32, 34, 48, 64, 66, 68], wrong: [0, 1, 8, 17, 36, 49, 50, 70, 256, '48', null] },
  'non-negative integer': { right: [0, 1, 86_400_000], wrong: [null, '1', -1, 0.5, true, [], {}] },
  boolean: { right: [true, false], wrong: [null, 0, 1, 'true', '', [], {}] },
  string: { right: ['', 'text', '長い'], wrong: NOT_STRINGS },
  URI: { right: ['a', 'com.example.topic', ''], wrong: NOT_STRINGS },
  dictionary: { right: [{}, { a: { b: null } }], wrong: [null, 'x', 1, true, [], [{}]] },
  'list of ids': { right: [[], [1], [1, 2 ** 53]], wrong: [null, 1, '1', {}, [0], [1, '2'], [[1]]] },
  'list of strings': { right: [[], ['a', '']], wrong: [null, 'a', {}, [1], ['a', null]] },
  'dictionary of roles': {
    right: [{}, { caller: {} }, { caller: { features: {} }, own: { features: { x: true }, y: 1 } }],
    wrong: [
      null,
      [],
      'caller',
      { caller: null },
      { caller: [] },
      { caller: { features: [] } },
      { caller: { features: { x: 1 } } },
    ],
  },
  'list of dictionaries': {
    right: [[], [{}], [{ session: 1, authid: null, authrole: 'user' }]],
    wrong: [null, {}, 'x', [1], [null], [[]], ['x']],
  },
};

export function valuesOf(kind: Kind): { readonly right: readonly unknown[]; readonly wrong: readonly unknown[] } {
  if (typeof kind !== 'string') {
    // A list of words, where `x_` stands for any private one.
    const right = kind.map((word) => (word === 'x_' ? 'x_own' : word));
    return { right, wrong: ['other', '', 1, true, null, [], {}, [...right], ['x_own']] };
  }
  const values = VALUES[kind];
  if (!values) throw new Error(`the tests know no values for the kind ${kind}`);
  return values;
}
