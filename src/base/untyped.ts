/** A value whose type nobody has declared: as free as what `JSON.parse` returns, and as unchecked. */
export type Untyped = ReturnType<typeof JSON.parse>;
