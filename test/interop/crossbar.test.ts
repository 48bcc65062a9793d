import { expect, test } from 'vitest';
import { describeConversation, type Scene } from './conversation.ts';
import { describeWithPeers } from './describe-peers.ts';
import { testLeaving, testUnknownRealm } from './endings.ts';
import { autobahnPython } from './foreign-clients.ts';
import { rocade } from './rocade-party.ts';
import { crossbar, realm } from './routers.ts';

describeWithPeers('our client on Crossbar.io', () => {
  describeConversation({ router: crossbar, makers: [rocade, rocade], tests: testEndings });
  describeConversation({ router: crossbar, makers: [rocade, autobahnPython] });
});

function testEndings(scene: () => Scene): void {
  testUnknownRealm(scene, rocade);
  testLeaving(scene, rocade);

  test('rocade answers when Crossbar.io says goodbye, and tells the reason', async () => {
    const party = await rocade.join(scene().router.url, realm);
    const { events } = await scene().one.subscribe('wamp.session.on_leave');
    const kwargs = { reason: 'com.example.enough', message: 'that will do' };
    await scene().other.call('wamp.session.kill', { args: [party.session], kwargs });
    expect(await party.closed).toBe('com.example.enough');
    // Crossbar.io counts a session as left when it has answered the GOODBYE.
    expect((await events.next()).args[0]).toBe(party.session);
  });
}
