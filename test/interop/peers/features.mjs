// What two clients of wampy can do over one router: features.mjs URL. Prints what came of each, as one line of JSON.
import { Wampy } from 'wampy';
import { WebSocket } from 'ws';

const [, , url] = process.argv;

async function join() {
  const client = new Wampy(url, { realm: 'realm1', ws: WebSocket, autoReconnect: false });
  // It can, but forgets to say so, without which no router may let it.
  client._wamp_features.roles.caller.features.progressive_call_invocations = true;
  await client.connect();
  return client;
}

const [one, other] = await Promise.all([join(), join()]);
const idOf = (client) => Number(client.getSessionId());

const scenarios = {
  async pattern_based_subscription() {
    const heard = deferred();
    await one.subscribe('com.wampy', ({ details, argsList }) => heard.resolve([details.topic, ...argsList]), {
      match: 'prefix',
    });
    await other.publish('com.wampy.a', [1]);
    return heard.promise;
  },

  async publisher_identification() {
    const heard = deferred();
    await one.subscribe('com.publisher', ({ details }) => heard.resolve(details.publisher));
    await other.publish('com.publisher', [1], { disclose_me: true });
    return (await heard.promise) === idOf(other);
  },

  async caller_identification() {
    await one.register('com.caller', ({ details }) => ({ argsList: [details.caller] }));
    const { argsList } = await other.call('com.caller', [], { disclose_me: true });
    return argsList[0] === idOf(other);
  },

  async progressive_call_results() {
    await one.register('com.count', ({ result_handler: tell }) => {
      for (const value of [0, 1, 2]) tell({ argsList: [value], options: { progress: true } });
      tell({ argsList: ['done'], options: {} });
    });
    const parts = [];
    const { argsList } = await other.call('com.count', [], {
      progress_callback: ({ argsList: [value] }) => parts.push(value),
    });
    return [parts.filter((part) => part !== 'done'), argsList];
  },

  // The callee is not wampy's: it would have to be interruptible.
  async progressive_call_invocations() {
    const { result, sendData } = other.progressiveCall('com.sum', [1]);
    sendData([2], { progress: true });
    sendData([3], { progress: false });
    return (await result).argsList;
  },

  async publication_trustlevels() {
    const heard = deferred();
    await one.subscribe('com.trusted', ({ details }) => heard.resolve(details.trustlevel));
    await other.publish('com.trusted', [1]);
    return heard.promise;
  },

  async call_trustlevels() {
    await one.register('com.trusted', ({ details }) => ({ argsList: [details.trustlevel] }));
    return (await other.call('com.trusted')).argsList;
  },

  async payload_passthru_mode() {
    const heard = deferred();
    await one.subscribe('com.passthru', ({ details, argsList }) => heard.resolve([details.ppt_scheme, argsList]));
    await other.publish(
      'com.passthru',
      { argsList: ['as it is', 1] },
      { ppt_scheme: 'x_custom', ppt_serializer: 'json' },
    );
    return heard.promise;
  },

  async call_timeout() {
    await one.register('com.slow', () => new Promise(() => {}));
    return other.call('com.slow', [], { timeout: 50 }).then(
      () => 'answered',
      ({ errorUri }) => errorUri,
    );
  },
};

function deferred() {
  const it = {};
  it.promise = new Promise((resolve) => {
    it.resolve = resolve;
  });
  return it;
}

for (const [feature, run] of Object.entries(scenarios)) {
  const late = new Promise((resolve) => setTimeout(resolve, 20_000, 'nothing came').unref());
  const came = await Promise.race([run().catch((error) => `${error.name}: ${error.errorUri ?? error.message}`), late]);
  console.log(JSON.stringify({ feature, came }));
}
await Promise.all([one.disconnect(), other.disconnect()]);
