// A Node service with a router of its own.
import { connect } from 'rocade';
import { startRouter } from 'rocade/node';
import * as protocol from 'rocade/protocol';
import * as testing from 'rocade/testing';

export async function service(): Promise<string> {
  const node = await startRouter({ listen: 'ws://127.0.0.1:0', realms: ['realm1'] });
  const client = await connect(node.url, { realm: 'realm1' });
  await client.close();
  await node.close();
  return `${Object.keys(protocol)} ${Object.keys(testing)}`;
}
