/** Is this something to wait for? Not only a `Promise`: libraries have classes of their own. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';
}
