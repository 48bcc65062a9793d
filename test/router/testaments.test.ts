import { errorUris, type MessageOf } from 'rocade/protocol';
import { type Permission, type RoleOptions, Router } from 'rocade/router';
import { beforeEach, describe, expect, test } from 'vitest';
import { Peer } from './peer.ts';

// Specification: Advanced Profile, "Session Testament".

let router: Router;
let mortal: Peer;
let heir: Peer;

beforeEach(() => {
  router = new Router({ realms: [{ name: 'realm1', administrators: ['anonymous'] }] });
  mortal = new Peer(router);
  heir = new Peer(router);
  heir.subscribe('left.', 'prefix');
});

type Named = Record<string, unknown>;

/** The result, which has to be none, or the URI and text of the error. */
function ask(procedure: string, args: readonly unknown[], kwargs?: Named): unknown {
  mortal.request('CALL', { options: {}, procedure }, { args, kwargs });
  if (mortal.channel.sent.at(-1)?.type === 'RESULT') return mortal.take('RESULT').payload;
  const { error, payload } = mortal.take('ERROR');
  return [error, payload?.args[0]];
}
const add = (args: readonly unknown[], kwargs?: Named): unknown => ask('wamp.session.add_testament', args, kwargs);

function left(): unknown[] {
  return heir.channel.sent.flatMap((message) =>
    message.type === 'EVENT' ? [[message.details.topic, message.payload?.args, message.payload?.kwargs]] : [],
  );
}

describe('when a session ends', () => {
  test.each(['lose', 'GOODBYE', 'ABORT', 'violate', 'kill'] as const)('its testaments are published: %s', (how) => {
    expect(add(['left.here', ['Seeya!'], { my_name: 'app1' }])).toBeUndefined();
    expect(left()).toEqual([]);
    if (how === 'lose') mortal.channel.lose();
    else if (how === 'violate') mortal.channel.violate();
    else if (how === 'kill') new Peer(router).call('wamp.session.kill', mortal.session);
    else mortal.send({ type: how, details: {}, reason: 'wamp.close.normal' });
    expect(left()).toEqual([['left.here', ['Seeya!'], { my_name: 'app1' }]]);
    mortal.channel.lose();
    expect(left()).toHaveLength(1);
  });

  test('those for detached come first, each kind in the order of adding', () => {
    add(['left.a', [1]]);
    add(['left.b', [2]], { scope: 'detached' });
    add(['left.c', [3]], { scope: 'destroyed' });
    add(['left.d', [4]], { scope: 'detached' });
    mortal.channel.lose();
    expect(left().map((event) => (event as unknown[])[0])).toEqual(['left.b', 'left.d', 'left.a', 'left.c']);
  });

  test('they come before on_leave, and after its subscriptions are gone', () => {
    heir.subscribe('wamp.session.on_leave');
    mortal.subscribe('left.here');
    add(['left.here', ['last words']], { publish_options: { exclude_me: false } });
    const before = mortal.channel.sent.length;
    mortal.send({ type: 'GOODBYE', details: {}, reason: 'wamp.close.normal' });
    expect(mortal.channel.sent.slice(before).map(({ type }) => type)).toEqual(['GOODBYE']);
    expect(heir.take('EVENT').payload?.args).toEqual(['last words']);
    expect(heir.take('EVENT').payload?.args[0]).toBe(mortal.session);
  });

  test('after kill_all none are published', () => {
    add(['left.here']);
    heir.call('wamp.session.kill_all');
    mortal.take('GOODBYE');
    expect(left()).toEqual([]);
  });

  test("a session's testaments are its own: others do not set them off", () => {
    add(['left.here']);
    new Peer(router).channel.lose();
    expect(left()).toEqual([]);
  });
});

describe('publish_options', () => {
  test('say who gets it, whether it is kept, and who has left it', () => {
    const other = new Peer(router);
    other.subscribe('left.here');
    add(['left.here', [1]], { publish_options: { eligible: [heir.session], retain: true, disclose_me: true } });
    mortal.channel.lose();
    expect(heir.take('EVENT').details.publisher).toBe(mortal.session);
    other.expectNothing();
    expect(router.counts('realm1')?.retained).toBe(1);
  });

  test('acknowledge is passed over, as nobody is there to be told', () => {
    add(['left.here'], { publish_options: { acknowledge: true } });
    const before = mortal.channel.sent.length;
    new Peer(router).call('wamp.session.kill', mortal.session);
    expect(mortal.channel.sent.slice(before).map(({ type }) => type)).toEqual(['GOODBYE']);
    expect(left()).toHaveLength(1);
  });
});

describe('flush_testaments', () => {
  test.each([
    [undefined, ['left.detached']],
    ['destroyed', ['left.detached']],
    ['detached', ['left.destroyed']],
  ])('with the scope %s leaves those of the other', (scope, remaining) => {
    add(['left.destroyed']);
    add(['left.detached'], { scope: 'detached' });
    expect(ask('wamp.session.flush_testaments', [], scope === undefined ? undefined : { scope })).toBeUndefined();
    mortal.channel.lose();
    expect(left().map((event) => (event as unknown[])[0])).toEqual(remaining);
  });
});

describe('what is refused', () => {
  test.each<[readonly unknown[], Named, string, string]>([
    [[], {}, errorUris.invalidArgument, 'topic: expected string, got nothing'],
    [['left.here', 'text'], {}, errorUris.invalidArgument, 'args: expected list, got "text"'],
    [['left.here', [], []], {}, errorUris.invalidArgument, 'kwargs: expected dictionary, got []'],
    [['not a uri'], {}, errorUris.invalidUri, "not a URI: 'not a uri'"],
    [
      ['wamp.session.on_leave'],
      {},
      errorUris.invalidUri,
      "'wamp.session.on_leave' is reserved: only the router publishes under 'wamp.'",
    ],
    [
      ['left.here'],
      { scope: 'later' },
      errorUris.invalidArgument,
      "scope: expected one of detached, destroyed, got 'later'",
    ],
    [
      ['left.here'],
      { publish_options: { eligible: 'all' } },
      errorUris.invalidArgument,
      'publish_options.eligible: expected list of ids, got "all"',
    ],
  ])('%j with %j is %s: %s', (args, kwargs, ...error) => {
    expect(add(args, kwargs)).toEqual(error);
    mortal.channel.lose();
    expect(left()).toEqual([]);
  });

  test('payload passthru that the session has not announced', () => {
    mortal = new Peer(router, { roles: { caller: {}, publisher: {} } });
    expect(add(['left.here'], { publish_options: { ppt_scheme: 'x_own' } })).toEqual([
      errorUris.invalidArgument,
      'ppt_scheme: this session has not announced payload_passthru_mode as a publisher',
    ]);
  });

  test('more than a session may leave', () => {
    const results = Array.from({ length: 101 }, () => add(['left.here']));
    expect(results.filter((result) => result === undefined)).toHaveLength(100);
    expect(results.at(-1)).toEqual(['rocade.error.limit_exceeded', 'maxTestaments: at most 100']);
    ask('wamp.session.flush_testaments', []);
    expect(add(['left.here', ['x'.repeat(600_000)]])).toBeUndefined();
    expect(add(['left.here', ['x'.repeat(600_000)]])).toEqual([
      'rocade.error.limit_exceeded',
      'maxTestamentBytes: at most 1048576',
    ]);
  });

  test('what the session may not publish, and what it is told not to disclose', () => {
    const anonymous: readonly Permission[] = [
      { uri: '', match: 'prefix', allow: ['call', 'subscribe'] },
      { uri: 'left.here', allow: ['publish', 'subscribe'], disclose: 'always' },
    ];
    router = new Router({ realms: [{ name: 'realm1', roles: { anonymous } }] });
    [mortal, heir] = [new Peer(router), new Peer(router)];
    heir.subscribe('left.', 'prefix');
    expect(add(['left.there'])).toMatchObject({ 0: errorUris.notAuthorized });
    expect(add(['left.here'])).toBeUndefined();
    mortal.channel.lose();
    expect(heir.take('EVENT').details).toMatchObject({ topic: 'left.here', publisher: mortal.session });
    heir.expectNothing();
  });

  test('what an authorizer is asked about keeps its place, and is dropped when the session has left by then', async () => {
    const answers: (() => void)[] = [];
    const anonymous: RoleOptions = {
      permissions: [{ uri: 'wamp.', match: 'prefix', allow: ['call'] }],
      authorizer: ({ action, uri }) =>
        action === 'subscribe' ||
        uri === 'left.known' ||
        new Promise<boolean>((resolve) => void answers.push(() => resolve(true))),
    };
    router = new Router({ realms: [{ name: 'realm1', roles: { anonymous } }] });
    [mortal, heir] = [new Peer(router), new Peer(router)];
    heir.subscribe('left.', 'prefix');
    for (const topic of ['left.asked', 'left.known']) mortal.call('wamp.session.add_testament', topic);
    answers.shift()?.();
    for (const request of [1, 2]) expect((await mortal.channel.next('RESULT')).request).toBe(request);
    mortal.call('wamp.session.add_testament', 'left.late');
    mortal.channel.lose();
    expect(left().map((event) => (event as unknown[])[0])).toEqual(['left.asked', 'left.known']);
    answers.shift()?.();
    const other = new Peer(router);
    other.call('wamp.session.flush_testaments');
    await other.channel.next('RESULT');
    expect(left()).toHaveLength(2);
  });

  test('a realm that discloses nobody takes none that asks for it', () => {
    router = new Router({ realms: [{ name: 'realm1', disclosure: 'never' }] });
    mortal = new Peer(router);
    const options: MessageOf<'PUBLISH'>['options'] = { disclose_me: true };
    expect(add(['left.here'], { publish_options: options })).toEqual([
      errorUris.discloseMeDisallowed,
      'this realm does not tell who publishes',
    ]);
  });
});
