import { describeConversation } from './conversation.ts';
import { describeWithPeers } from './describe-peers.ts';
import { testLeaving } from './endings.ts';
import { rocade } from './rocade-party.ts';
import { foxWamp, xconnRouter } from './routers.ts';

describeWithPeers('our client on smaller routers', () => {
  const tests = (scene: Parameters<typeof testLeaving>[0]) => testLeaving(scene, rocade);
  describeConversation({ router: xconnRouter, makers: [rocade, rocade], tests });
  // Without the last tests: fox-wamp answers GOODBYE, but sends calls to a session until its connection is closed.
  describeConversation({ router: foxWamp, makers: [rocade, rocade] });
});
