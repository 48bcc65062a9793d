import { type Client, connect, type Subscription, type TypedClient } from 'rocade';
import { App, decorators } from 'rocade/app';
import { memory } from 'rocade/memory';
import { Router } from 'rocade/router';
import { testApp } from 'rocade/testing';
import { describe, expect, expectTypeOf, test } from 'vitest';

interface User {
  readonly name: string;
}

interface Forum {
  procedures: {
    'forum.login': (name: string, password: string) => User;
    'forum.count': () => number;
    'forum.find': { args: [text: string]; kwargs: { limit: number }; result: User[] };
  };
  topics: {
    'forum.user.online': [user: User];
    'forum.tick': [];
  };
}

// What must not compile is never run.
const never = (_code: () => unknown): void => {};

describe('a contract that is only types', () => {
  test('gives calls their arguments and results, and handlers theirs', async () => {
    const router = new Router();
    await using client = await connect<Forum>(memory(router), { retry: false });
    await client.register('forum.login', ([name, password], invocation) => {
      expectTypeOf(name).toEqualTypeOf<string>();
      expectTypeOf(password).toEqualTypeOf<string>();
      expectTypeOf(invocation.signal).toEqualTypeOf<AbortSignal>();
      return { name };
    });
    await client.register('forum.count', () => 7);
    await client.register('forum.find', async ([text], { kwargs }) => [{ name: `${text}${kwargs.limit.toFixed()}` }]);
    const heard = new Promise<string>((resolve) => {
      void client.subscribe('forum.user.online', ([user]) => resolve(user.name));
    });

    const user = await client.call('forum.login', ['alice', 's3cret']);
    expectTypeOf(user).toEqualTypeOf<User>();
    expect(user.name).toBe('alice');
    const count = await client.call('forum.count');
    expectTypeOf(count).toEqualTypeOf<number>();
    expect(count).toBe(7);
    expect(await client.call('forum.find', ['a'], { kwargs: { limit: 1 } })).toEqual([{ name: 'a1' }]);
    await client.publish('forum.user.online', [user], { acknowledge: true, excludeMe: false });
    expect(await heard).toBe('alice');
    expect(typeof (await client.call<number>('wamp.session.count'))).toBe('number');
    await router.close();
  });

  test('gives what is iterated over its types, and handlers may still be left out', async () => {
    const router = new Router();
    await using client = await connect<Forum>(memory(router), { retry: false });
    const [users, entries] = [
      await client.subscribe('forum.user.online'),
      (await client.subscribe('forum.user.online')).entries(),
    ];
    expectTypeOf(users).toExtend<Subscription>();
    await client.publish('forum.user.online', [{ name: 'alice' }], { excludeMe: false });
    for await (const [user] of users) {
      expectTypeOf(user).toEqualTypeOf<User>();
      expect(user.name).toBe('alice');
      break;
    }
    for await (const [[user], event] of entries) {
      expectTypeOf(user).toEqualTypeOf<User>();
      expectTypeOf(event.publication).toEqualTypeOf<number>();
      expect([user.name, event.topic]).toEqual(['alice', 'forum.user.online']);
      break;
    }
    const meta = await client.subscribe('wamp.session.on_join');
    expectTypeOf(meta).toEqualTypeOf<Subscription>();
    await router.close();
  });

  test('refuses at compile time what it does not have', () => {
    const client = undefined as unknown as TypedClient<Forum>;
    never(() => [
      // @ts-expect-error: no such procedure
      client.call('forum.logout'),
      // @ts-expect-error: the password is missing
      client.call('forum.login', ['alice']),
      // @ts-expect-error: not at all the arguments
      client.call('forum.login'),
      // @ts-expect-error: a number is no password
      client.call('forum.login', ['alice', 5]),
      // @ts-expect-error: a keyword argument of another type
      client.call('forum.find', ['a'], { kwargs: { limit: 'many' } }),
      // @ts-expect-error: no such topic
      client.publish('forum.user.gone', []),
      // @ts-expect-error: a user has a name
      client.publish('forum.user.online', [{}]),
      // @ts-expect-error: no user comes with a tick
      client.subscribe('forum.tick', ([user]) => user),
      // @ts-expect-error: a user is expected
      client.register('forum.login', () => 5),
      client.publish('forum.tick'),
    ]);
  });

  test('is nothing for those who have none', () => {
    expectTypeOf<Awaited<ReturnType<typeof connect>>>().toEqualTypeOf<Client>();
  });
});

describe('an app with a contract', () => {
  const { procedure, event } = decorators<Forum>();

  class Login {
    seen: string[] = [];

    @procedure('forum.login')
    login([name]: readonly [string, string]): User {
      return { name };
    }

    @event('forum.user.online')
    online([user]: readonly [User]): void {
      this.seen.push(user.name);
    }
  }

  test('types its handlers, its client and its decorators', async () => {
    const app = new App<Forum>();
    app.procedure('forum.count', async () => {
      expectTypeOf(app.client).toEqualTypeOf<TypedClient<Forum>>();
      return 1;
    });
    app.add(new Login());
    await using site = await testApp(app);
    expect(await site.client.call('forum.login', ['bob', 'x'])).toEqual({ name: 'bob' });
    expect(await app.client.call('forum.count')).toBe(1);
    never(() => [
      // @ts-expect-error: no such procedure
      app.procedure('forum.other', () => 1),
      // @ts-expect-error: a number is expected
      app.procedure('forum.count', () => 'many'),
      // @ts-expect-error: no such topic
      app.event('forum.other', () => {}),
      // @ts-expect-error: no such procedure
      procedure('forum.other'),
    ]);
    class Wrong {
      // @ts-expect-error: the name is no number
      @procedure('forum.login')
      login([name]: readonly [number, string]): User {
        return { name: name.toFixed() };
      }
      // @ts-expect-error: a user is expected
      @procedure('forum.login')
      other(): number {
        return 1;
      }
    }
    expect(Wrong.name).toBe('Wrong');
  });
});
