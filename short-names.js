// Properties that only the library itself ever reads. The builds for pages write them shorter, each the same in every file; a test
// proves that none of them is a name that a program, the wire or a runtime knows.

const internal = [
  'abandon',
  'ask',
  'can',
  'callOf',
  'cancelTimer',
  'enter',
  'expectsMore',
  'dueAt',
  'forgetSignal',
  'forgo',
  'heard',
  'holders',
  'holdings',
  'holder',
  'interrupt',
  'moreInput',
  'onDrop',
  'onReaderGone',
  'over',
  'patience',
  'heardOf',
  'releaseAll',
  'report',
  'standDown',
  'restoreAll',
  'retainedFor',
  'revoked',
  'room',
  'settled',
  'atOnce',
  'queueOf',
];

/** Long name → short name. */
export const shortNames = Object.fromEntries(
  internal.map((name, index) => [name, String.fromCharCode(index < 26 ? 97 + index : 39 + index)]),
);

/** What esbuild has to be told of them. */
export const shortening = {
  mangleProps: new RegExp(`^(?:${internal.join('|')})$`),
  mangleCache: shortNames,
};
