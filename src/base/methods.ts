/** A method, bound to its object. */
type Method = (...args: readonly unknown[]) => unknown;

/**
 * The methods of an object by name: its own and those of its classes, but not what begins with `_`, getters, and what every
 * object has.
 */
export function methodsOf(object: object): [name: string, method: Method][] {
  const methods = new Map<string, Method>();
  for (let level: object | null = object; level && level !== Object.prototype; level = parentOf(level)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (typeof value !== 'function' || name === 'constructor' || name.startsWith('_') || methods.has(name)) continue;
      methods.set(name, (value as Method).bind(object));
    }
  }
  return [...methods];
}

function parentOf(object: object): object | null {
  return Object.getPrototypeOf(object) as object | null;
}
