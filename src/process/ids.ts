/** What the process number `index`, from 0, of a part that has `count` of them is called. */
export function idOf(name: string, index: number, count: number): string {
  return count === 1 ? name : `${name}.${index + 1}`;
}

/** Of `posts.2`, as one of the processes of `posts`, 2. */
export function numberIn(id: string, name: string): number {
  return id.startsWith(`${name}.`) ? Number(id.slice(name.length + 1)) : Number.NaN;
}
