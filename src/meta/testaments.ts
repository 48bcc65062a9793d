import type { PublishOptions } from '../client/index.ts';
import type { Dict } from '../protocol/index.ts';
import { MetaCalls, type MetaClient } from './meta-client.ts';
import { asNumber, wireNames } from './shapes.ts';

/** When a testament is published: the session is detached, or it is destroyed. Without resumption both come at once. */
export type TestamentScope = 'detached' | 'destroyed';

/** How a testament is published; `acknowledge` makes no sense for one. */
export interface TestamentOptions extends Omit<PublishOptions, 'acknowledge'> {
  /** Default `destroyed`. */
  readonly scope?: TestamentScope;
}

/**
 * Events that the router publishes when this session ends, however it ends. They belong to the session: after a
 * reconnect there are none, so add them when the client's `joined` event comes. Specification: Advanced Profile, "Session Testament".
 */
export class TestamentMeta {
  readonly #calls: MetaCalls;

  /** @internal */
  constructor(client: MetaClient) {
    this.#calls = new MetaCalls(client, 'wamp.session.');
  }

  async add(topic: string, args: readonly unknown[] = [], options: TestamentOptions = {}): Promise<void> {
    const { kwargs = {}, scope, ...publish } = options;
    const more: Dict = wireNames({ scope, publishOptions: wireNames(publish) });
    await this.#calls.one('add_testament', [topic, args, kwargs], more);
  }

  /** Takes them back. Resolves with how many there were, where the router says it. */
  async flush(scope?: TestamentScope): Promise<number | undefined> {
    return asNumber(await this.#calls.one('flush_testaments', [], wireNames({ scope })));
  }
}
