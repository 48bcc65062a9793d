// A browser application: no Node types at all.
import { connect, Result, WampError } from 'rocade';
import { cryptosign, cryptosignKeys, scram } from 'rocade/auth';
import { memory } from 'rocade/memory';
import { Router } from 'rocade/router';

export async function page(url: string): Promise<unknown> {
  const router = new Router({ realms: ['realm1'] });
  const local = await connect(memory(router));
  const auth = [cryptosign(cryptosignKeys()), scram({ authid: 'alice', password: () => 'pencil' })];
  const client = await connect(url, { realm: 'realm1', auth });

  const registration = await client.register('math.add', ([a, b]) => Number(a) + Number(b));
  await client.register('math.deny', () => {
    throw new WampError('com.example.denied', ['why'], { key: 1 });
  });
  const subscription = await client.subscribe('topic', ([first], event) => [first, event.kwargs, event.publication]);
  await client.publish('topic', ['hello'], { acknowledge: true, excludeMe: false });
  const sum = await client.call('math.add', [2, 3], { timeout: 5000 });
  if (sum instanceof Result) return [sum.args, sum.kwargs];

  client.on('error', (error) => [error.message]);
  await subscription.unsubscribe();
  await registration.unregister();
  await client.close();
  await local.close();
  return sum;
}
