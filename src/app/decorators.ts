import { UsageError } from '../base/index.ts';
import { assertUri } from '../protocol/index.ts';
import type { Contract, HandlerOf, ListenerOf, ProcedureUri, TopicUri } from '../contract/index.ts';
import type { CallHandler, EventHandler, RegisterOptions, SubscribeOptions } from '../index.ts';
import { declarePart, type Part } from './parts.ts';

/** Puts a method to work. A standard decorator: TypeScript 5 without `experimentalDecorators`, tsx, esbuild. */
export type MethodDecorator<H extends (...args: never) => unknown> = <This extends object>(
  method: (this: This, ...args: Parameters<H>) => ReturnType<H>,
  context: ClassMethodDecoratorContext<This>,
) => void;

/**
 * The method answers calls of a procedure, once its object is in an app.
 *
 * @example
 * class Adding {
 *   @procedure('math.add')
 *   add([a, b]: readonly number[]) {
 *     return (a ?? 0) + (b ?? 0);
 *   }
 * }
 * await using site = await testApp(Adding);
 * console.log(await site.client.call('math.add', [2, 3])); // => 5
 */
export function procedure(uri: string, options?: RegisterOptions): MethodDecorator<CallHandler> {
  assertUri(uri, '@procedure', options?.match);
  return decorator((handler: CallHandler) => ({ kind: 'procedure', uri, handler, options }));
}

/**
 * The method is called for each event of a topic, once its object is in an app.
 *
 * @example
 * class Counter {
 *   seen = 0;
 *   @event('forum.user.online')
 *   online() {
 *     this.seen++;
 *   }
 * }
 */
export function event(topic: string, options?: SubscribeOptions): MethodDecorator<EventHandler> {
  assertUri(topic, '@event', options?.match);
  return decorator((handler: EventHandler) => ({ kind: 'event', uri: topic, handler, options }));
}

/** `@procedure` and `@event` with the types of a contract. */
export interface Decorators<C extends Contract> {
  readonly procedure: <P extends ProcedureUri<C>>(
    uri: P,
    options?: RegisterOptions,
  ) => MethodDecorator<HandlerOf<C, P>>;
  readonly event: <T extends TopicUri<C>>(topic: T, options?: SubscribeOptions) => MethodDecorator<ListenerOf<C, T>>;
}

/**
 * The decorators for methods that follow a contract: a name that is not in it, and a method that does not fit, do not compile.
 *
 * @example
 * const on = decorators<{ procedures: { 'math.add': (a: number, b: number) => number } }>();
 * class Adding {
 *   @on.procedure('math.add')
 *   add([a, b]: readonly [number, number]) {
 *     return a + b;
 *   }
 * }
 */
export function decorators<C extends Contract>(): Decorators<C> {
  return { procedure, event } as unknown as Decorators<C>;
}

function decorator<H extends CallHandler | EventHandler>(part: (handler: H) => Part): MethodDecorator<H> {
  return (method, context) => {
    if (typeof context !== 'object' || context.kind !== 'method' || context.static)
      throw new UsageError(
        'expected @procedure and @event before a method, and decorators of the standard (no "experimentalDecorators")',
      );
    context.addInitializer(function (this) {
      declarePart(this, part(((...args: Parameters<H>) => method.apply(this, args)) as H));
    });
  };
}
