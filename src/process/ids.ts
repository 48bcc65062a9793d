/** What the processes of a part that has `count` of them are called. */
export function idsOf(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => (count === 1 ? name : `${name}.${index + 1}`));
}

/** Of `posts.2`, as one of the processes of `posts`, 2. */
export function numberIn(id: string, name: string): number {
  return id.startsWith(`${name}.`) ? Number(id.slice(name.length + 1)) : Number.NaN;
}
