import { startRouter, type StartOptions } from 'rocade/node';
import { Router, type RouterOptions } from 'rocade/router';
import { expect, test } from 'vitest';

// What compiles without types: a misspelt `auth` must not become a router that is open to everybody.

const realm = (options: object) => ({ realms: [{ name: 'realm1', ...options }] });

const OF_ROUTERS: readonly (readonly [object, string])[] = [
  [{ realm: 'realm1' }, "router: there is no 'realm'; there are realms, helloTimeout"],
  [{ realms: { realm1: {} } }, 'realms: expected a list, got {"realm1":{}}'],
  [{ realms: [5] }, 'realm: expected an object, got 5'],
  [realm({ rolls: {} }), "realm: there is no 'rolls'; there are name, disclosure"],
  [realm({ auth: true }), 'auth: expected an object, got true'],
  [realm({ auth: { anonimous: 'guest' } }), "auth: there is no 'anonimous'; there are anonymous, principals"],
  [realm({ roles: 5 }), "realm 'realm1', roles: expected an object, got 5"],
  [realm({ roles: { user: 5 } }), "realm 'realm1', role 'user': expected an object, got 5"],
  [
    realm({ roles: { user: { allow: [] } } }),
    "realm 'realm1', role 'user': there is no 'allow'; there are permissions",
  ],
  [
    realm({ roles: { user: { permissions: {} } } }),
    "realm 'realm1', role 'user', permissions: expected a list, got {}",
  ],
  [{ limits: 5 }, 'limits: expected an object, got 5'],
  [{ helloTimeout: '5s' }, 'helloTimeout: expected a number from 0, got "5s"'],
];

const OF_LISTENERS: readonly (readonly [object, string])[] = [
  [{ lisen: 'ws://127.0.0.1:0' }, "startRouter: there is no 'lisen'; there are listen, tls"],
  [{ listen: 9000 }, 'listen: expected an object, got 9000'],
  [{ listen: { uri: 'ws://127.0.0.1:0' } }, "listen: there is no 'uri'; there are url, auth"],
  [{ files: 5 }, 'files: expected a directory, or directories by path, got 5'],
  [{ origins: '*' }, 'origins: expected a list, got "*"'],
  [{ pingInterval: Number.NaN }, 'pingInterval: expected a number from 0, got NaN'],
];

test.each(OF_ROUTERS)('a router refuses %j', (options, why) => {
  expect(() => new Router(options as RouterOptions)).toThrow(expect.objectContaining({ code: 'usage' }));
  expect(() => new Router(options as RouterOptions)).toThrow(why);
});

test.each([...OF_ROUTERS.slice(1), ...OF_LISTENERS])('startRouter refuses %j', async (options, why) => {
  const starting = startRouter({ listen: 'ws://127.0.0.1:0', ...options } as StartOptions);
  await expect(starting).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(why) });
});
