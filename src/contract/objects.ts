import { methodsOf, UsageError } from '../base/index.ts';
import type { CallOptions, Client, Registration } from '../client/index.ts';

/** The methods of an object, as somebody far away calls them. */
export type Remote<T> = {
  readonly [K in keyof T as T[K] extends (...args: never) => unknown ? K : never]: T[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};

/**
 * Registers each method of an object as `prefix.method`: a plain function, which gets the positional arguments of the call.
 * Methods whose names begin with `_` stay private. When one cannot be registered, none is, and the promise rejects.
 *
 * @example
 * await expose(client, 'maths', { add: (a: number, b: number) => a + b });
 * console.log(await client.call('maths.add', [2, 3])); // => 5
 */
export async function expose(
  client: Pick<Client, 'register'>,
  prefix: string,
  object: object,
): Promise<readonly Registration[]> {
  const methods = methodsOf(object);
  if (methods.length === 0) throw new UsageError('expose: expected an object with methods');
  const outcomes = await Promise.allSettled(
    methods.map(([name, method]) =>
      client.register(`${prefix}.${name}`, (args: readonly unknown[]) => method(...args)),
    ),
  );
  const registrations = outcomes.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
  const failure = outcomes.find((one) => one.status === 'rejected');
  if (!failure) return registrations;
  await Promise.allSettled(registrations.map((registration) => registration.unregister()));
  throw failure.reason;
}

/**
 * An object whose methods call procedures: `proxy<T>(client, 'math').add(2, 3)` calls `math.add`. `options` go with every call.
 *
 * @example
 * await expose(client, 'text', { upper: (text: string) => text.toUpperCase() });
 * const text = proxy<{ upper(text: string): string }>(client, 'text');
 * console.log(await text.upper('abc')); // => 'ABC'
 */
export function proxy<T extends object>(
  client: Pick<Client, 'call'>,
  prefix: string,
  options?: CallOptions,
): Remote<T> {
  const methods = new Map<string, (...args: readonly unknown[]) => Promise<unknown>>();
  return new Proxy({} as Remote<T>, {
    get(_target, name) {
      // Nobody should take it for a promise, or call what the language itself asks for, as when it is logged.
      if (typeof name === 'symbol' || name === 'then' || name === 'toJSON') return undefined;
      const method = methods.get(name) ?? ((...args) => client.call<unknown>(`${prefix}.${name}`, args, options));
      methods.set(name, method);
      return method;
    },
  });
}
