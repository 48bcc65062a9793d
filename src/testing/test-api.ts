/** What the contract suites use of a test runner: vitest's functions fit, and so do those of others in its manner. */
export interface TestApi {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly test: (name: string, body: () => void | Promise<void>) => unknown;
  readonly expect: (actual: unknown) => Expectation;
}

export interface Expectation {
  /** Is the same value, by `Object.is`. */
  toBe(expected: unknown): unknown;
  /** Has the same content, where a property that is undefined counts as absent. */
  toEqual(expected: unknown): unknown;
}
