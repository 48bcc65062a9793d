import { expect, test } from 'vitest';
import { describeConversation, failureOf, fresh, type Scene } from './conversation.ts';
import { describeWithPeers } from './describe-peers.ts';
import { testLeaving, testUnknownRealm } from './endings.ts';
import { foreignClients } from './foreign-clients.ts';
import { ourRouter, startOurRouter } from './our-router.ts';
import { rocade } from './rocade-party.ts';
import { realm } from './routers.ts';

describeWithPeers('clients of other makes on our router', () => {
  for (const foreign of foreignClients) {
    const tests = (scene: () => Scene) => {
      testUnknownRealm(scene, foreign);
      testLeaving(scene, foreign);

      test(`a call is answered with an error when ${foreign.traits.name} vanishes while it runs`, async () => {
        const callee = await foreign.join(scene().router.url, realm);
        const procedure = fresh('procedure');
        const { invocations } = await callee.register(procedure, 'hang');
        const call = scene().one.call(procedure, { args: ['now'], kwargs: {} });
        const told = failureOf(call);
        expect(await invocations.next()).toEqual({ args: ['now'], kwargs: {} });
        await callee.kill();
        expect((await told).uri).toBe('wamp.error.canceled');
        const next = scene().one.call(procedure, { args: [], kwargs: {} });
        expect((await failureOf(next)).uri).toBe('wamp.error.no_such_procedure');
      });
    };
    describeConversation({ router: ourRouter, makers: [rocade, foreign], tests });
  }

  test('all of them talk to each other', async () => {
    const router = await startOurRouter();
    const url = new URL('/some/where', router.url).href; // the path is the clients' own affair
    const parties = await Promise.all([rocade, ...foreignClients].map((maker) => maker.join(url, realm)));
    try {
      const topic = fresh('topic');
      const subscriptions = await Promise.all(parties.map((party) => party.subscribe(topic)));
      for (const [index, publisher] of parties.entries()) {
        await publisher.publish(
          topic,
          { args: [publisher.traits.name], kwargs: { to: 'all' } },
          { acknowledge: true, excludeMe: true },
        );
        const others = subscriptions.filter((_, at) => at !== index);
        const heard = await Promise.all(others.map(({ events }) => events.next()));
        expect(heard).toEqual(others.map(() => ({ args: [publisher.traits.name], kwargs: { to: 'all' } })));
      }
      for (const callee of parties) {
        const procedure = fresh('procedure');
        await callee.register(procedure, 'echo');
        const answers = await Promise.all(
          parties.map((caller) => caller.call(procedure, { args: [caller.traits.name, '→'], kwargs: {} })),
        );
        expect(answers).toEqual(parties.map((caller) => ({ args: [caller.traits.name, '→'], kwargs: {} })));
      }
    } finally {
      await Promise.all(parties.map((party) => party.dispose()));
      await router.close();
    }
  });

  test('our router says goodbye to all when it closes, and waits for nobody that does not answer', async () => {
    const router = await startOurRouter();
    const parties = await Promise.all([rocade, ...foreignClients].map((maker) => maker.join(router.url, realm)));
    try {
      const reasons = parties.map((party) => party.closed);
      await router.close();
      const expected = parties.map(({ traits }) => (traits.tellsReason ? 'wamp.close.system_shutdown' : undefined));
      expect(await Promise.all(reasons)).toEqual(expected);
    } finally {
      await Promise.all(parties.map((party) => party.dispose()));
    }
  });
});
