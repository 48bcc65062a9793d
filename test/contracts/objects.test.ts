import { UsageError, WampError } from 'rocade';
import { expose, proxy } from 'rocade/contract';
import { testRouter } from 'rocade/testing';
import { describe, expect, expectTypeOf, test } from 'vitest';

class Store {
  readonly #stock = new Map([['apple', 3]]);
  take(what: string, many = 1): number {
    const left = (this.#stock.get(what) ?? 0) - many;
    if (left < 0) throw new WampError('shop.error.sold_out', [what]);
    this.#stock.set(what, left);
    return left;
  }
  async names(): Promise<string[]> {
    return [...this.#stock.keys()];
  }
  _reset(): void {
    this.#stock.clear();
  }
}

describe('expose and proxy', () => {
  test('an object on one side is an object on the other', async () => {
    await using site = testRouter();
    const [service, page] = await Promise.all([site.connect(), site.connect()]);
    const registrations = await expose(service, 'store', new Store());
    expect(registrations.map(({ procedure }) => procedure)).toEqual(['store.take', 'store.names']);
    const store = proxy<Store>(page, 'store');
    expectTypeOf(store.take).toEqualTypeOf<(what: string, many?: number) => Promise<number>>();
    expect(await store.take('apple')).toBe(2);
    expect(await store.names()).toEqual(['apple']);
    await expect(store.take('apple', 5)).rejects.toMatchObject({ uri: 'shop.error.sold_out', args: ['apple'] });
    await expect(store._reset()).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
  });

  test('the proxy itself is not taken for a promise, and its methods stay the same', async () => {
    await using site = testRouter();
    const store = proxy<Store>(await site.connect(), 'store');
    expect(await Promise.resolve(store)).toBe(store);
    expect(store.take).toBe(store.take);
    // Nor is a procedure called when it is logged.
    expect(JSON.stringify({ store })).toBe('{"store":{}}');
  });

  test('options go with every call', async () => {
    await using site = testRouter();
    const [service, page] = await Promise.all([site.connect(), site.connect()]);
    await service.register('who.asks', (_args, { kwargs }) => kwargs['who'] as string);
    const who = proxy<{ asks(): string }>(page, 'who', { kwargs: { who: 'alice' } });
    expect(await who.asks()).toBe('alice');
  });

  test('when one name is taken, none is registered', async () => {
    await using site = testRouter();
    const [service, other] = await Promise.all([site.connect(), site.connect()]);
    await other.register('store.names', () => []);
    await expect(expose(service, 'store', new Store())).rejects.toMatchObject({
      uri: 'wamp.error.procedure_already_exists',
    });
    await expect(other.call('store.take', ['apple'])).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
  });

  test('an object without methods is refused', async () => {
    await using site = testRouter();
    await expect(expose(await site.connect(), 'store', { a: 1 })).rejects.toThrow(UsageError);
  });
});
