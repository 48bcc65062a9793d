import { describeConversation } from './conversation.ts';
import { describeWithPeers } from './describe-peers.ts';
import { testLeaving } from './endings.ts';
import { rocade } from './rocade-party.ts';
import { foxWamp, xconnRouter } from './routers.ts';

describeWithPeers('our client on smaller routers', () => {
  for (const router of [xconnRouter, foxWamp]) {
    describeConversation({ router, makers: [rocade, rocade], tests: (scene) => testLeaving(scene, rocade) });
  }
});
