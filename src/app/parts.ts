import type { CallHandler, EventHandler, RegisterOptions, SubscribeOptions } from '../index.ts';

/** Something that an app offers or listens to. */
export type Part =
  | {
      readonly kind: 'procedure';
      readonly uri: string;
      readonly handler: CallHandler;
      readonly options: RegisterOptions | undefined;
    }
  | {
      readonly kind: 'event';
      readonly uri: string;
      readonly handler: EventHandler;
      readonly options: SubscribeOptions | undefined;
    };

/** What methods were decorated with, by the object that they belong to. */
const declared = new WeakMap<object, Part[]>();

/** Notes what a decorated method of `owner` is for. */
export function declarePart(owner: object, part: Part): void {
  const parts = declared.get(owner) ?? [];
  parts.push(part);
  declared.set(owner, parts);
}

/** What the decorated methods of `owner` are for, in the order of the class. */
export function declaredParts(owner: object): readonly Part[] {
  return declared.get(owner) ?? [];
}
