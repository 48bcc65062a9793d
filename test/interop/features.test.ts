import { connect } from 'rocade';
import { startRouter } from 'rocade/node';
import type { RealmOptions, Router } from 'rocade/router';
import { expect, test } from 'vitest';
import { describeWithPeers } from './describe-peers.ts';
import { pythonCommand } from './foreign-clients.ts';
import { PeerProcess } from './peer-process.ts';
import { realm } from './routers.ts';

type Came = Readonly<Record<string, unknown>>;

/** Lets two clients of another make do all that they can over our router. */
async function used(
  command: readonly string[],
  options: Omit<RealmOptions, 'name'> = {},
  serve: (router: Router) => Promise<void> = async () => {},
): Promise<Came> {
  const router = await startRouter({ listen: 'ws://127.0.0.1:0', realms: [{ name: realm, ...options }] });
  await serve(router.router);
  const peer = new PeerProcess(command[1] ?? '', [...command, router.url]);
  const came: Record<string, unknown> = {};
  peer.onLine((line) => {
    if (!line.startsWith('{"feature"')) return;
    const said = JSON.parse(line) as { feature: string; came: unknown };
    came[said.feature] = said.came;
  });
  try {
    await peer.ended;
  } finally {
    await peer.stop();
    await router.close();
  }
  if (Object.keys(came).length === 0) throw new Error(peer.output);
  return came;
}

/** What a caller can send in parts, as the other clients cannot serve it. */
async function serveSums(router: Router): Promise<void> {
  const client = await connect(router.connect(), { realm });
  await client.register('com.sum', async ([first], { input }) => {
    let sum = first as number;
    for await (const more of input) sum += more as number;
    return sum;
  });
}

const byAutobahn = {
  pattern_based_subscription: [
    ['com.patterns.a', 1],
    ['com.other.wild', 2],
  ],
  event_retention: [['old', true]],
  subscriber_blackwhite_listing: ['eligible', 'by role', 'all'],
  publisher_identification: [true],
  publisher_exclusion: ['asked for'],
  pattern_based_registration: ['com.prefix.a', 'com.prefix.b'],
  shared_registration: ['one', 'other', 'one', 'other'],
  progressive_call_results: [[0, 1, 2], 'done'],
  caller_identification: true,
  call_timeout: 'wamp.error.timeout',
  call_canceling: 'interrupted',
  call_reroute: ['other', 'wamp.error.no_available_callee'],
  registration_revocation: ['wamp.error.no_such_procedure', 'other'],
  session_meta_api: [true, true, 'anonymous', 2, 'wamp.error.no_such_session'],
  registration_meta_api: ['com.meta.procedure', 'exact', 'single', true],
  subscription_meta_api: ['com.meta.topic', 'exact', true],
  event_history: [[2], [1]],
  testament_meta_api: [['gone', 'third']],
};

const byWampy = {
  pattern_based_subscription: ['com.wampy.a', 1],
  publisher_identification: true,
  caller_identification: true,
  progressive_call_results: [[0, 1, 2], ['done']],
  progressive_call_invocations: [6],
  publication_trustlevels: 3,
  call_trustlevels: [3],
  payload_passthru_mode: ['x_custom', ['as it is', 1]],
  call_timeout: 'wamp.error.timeout',
};

/** autobahn-python announces the first of these too, but breaks the connection when a subscription is taken back. */
const byAutobahnJs = {
  subscription_revocation: [['before'], 'com.example.enough', false],
  registration_revocation: ['com.example.enough', false, 'other'],
};

const administrators = ['anonymous'];

describeWithPeers('what our router announces, in the hands of other clients', () => {
  // autobahn-python cannot ask to be disclosed, so the realm does it of its own accord.
  test('autobahn-python', async () => {
    const command = [pythonCommand, 'peers/features.py'];
    expect(
      await used(command, { disclosure: 'always', history: { topics: [{ topic: 'com.history' }] }, administrators }),
    ).toEqual(byAutobahn);
  });

  test('wampy', async () => {
    const command = [process.execPath, 'peers/features.mjs'];
    expect(await used(command, { trustLevels: [{ level: 3, uri: 'com.trusted' }] }, serveSums)).toEqual(byWampy);
  });

  test('autobahn-js', async () => {
    expect(await used([process.execPath, 'peers/features-autobahn-js.mjs'], { administrators })).toEqual(byAutobahnJs);
  });

  test('is used by at least one of them', async () => {
    const router = await startRouter({ listen: 'ws://127.0.0.1:0', realms: [realm] });
    const client = await connect(router.url, { realm, retry: false });
    const roles = Object.values(client.session?.welcome.roles ?? {});
    const announced = new Set(roles.flatMap(({ features = {} }) => Object.keys(features)));
    await client.close();
    await router.close();
    const inUse = new Set([byAutobahn, byWampy, byAutobahnJs].flatMap((came) => Object.keys(came)));
    expect([...inUse].sort()).toEqual([...announced].sort());
  });
});
