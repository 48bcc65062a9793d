import type { MessageType } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { describe, expect, test } from 'vitest';
import { Peer } from './peer.ts';

// Specification: Basic Profile, "Ordering Guarantees".

const valuesOf = (peer: Peer, type: 'EVENT' | 'INVOCATION'): unknown[] =>
  peer.channel.sent.flatMap((message) => (message.type === type ? [message.payload?.args[0]] : []));
const typesOf = (peer: Peer): MessageType[] => peer.channel.sent.slice(1).map(({ type }) => type);

describe('Publish and Subscribe', () => {
  test('events of one publisher arrive at one subscriber in the order of publishing, across topics', () => {
    const router = new Router();
    const [publisher, one, all] = [new Peer(router), new Peer(router), new Peer(router)];
    const topics = ['a.topic', 'b.topic', 'c.topic'];
    for (const topic of topics) all.subscribe(topic);
    one.subscribe('b.topic');
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    for (const number of numbers)
      publisher.publish(topics[(number * 7) % 3] as string, [number], { acknowledge: number % 5 === 0 });
    expect(valuesOf(all, 'EVENT')).toEqual(numbers);
    expect(valuesOf(one, 'EVENT')).toEqual(numbers.filter((number) => (number * 7) % 3 === 1));
  });

  test('SUBSCRIBED comes before the first event, also when others publish all the time', () => {
    const router = new Router();
    const [publisher, subscriber] = [new Peer(router), new Peer(router)];
    publisher.publish('a.topic', [0]);
    subscriber.request('SUBSCRIBE', { options: {}, topic: 'a.topic' });
    publisher.publish('a.topic', [1]);
    expect(typesOf(subscriber)).toEqual(['SUBSCRIBED', 'EVENT']);
  });

  test('no event comes after UNSUBSCRIBED', () => {
    const router = new Router();
    const [publisher, subscriber] = [new Peer(router), new Peer(router)];
    const subscription = subscriber.subscribe('a.topic');
    publisher.publish('a.topic', [1]);
    subscriber.request('UNSUBSCRIBE', { subscription });
    publisher.publish('a.topic', [2]);
    expect(typesOf(subscriber)).toEqual(['SUBSCRIBED', 'EVENT', 'UNSUBSCRIBED']);
  });

  test('a publisher that is subscribed itself gets its own events in order', () => {
    const peer = new Peer(new Router());
    peer.subscribe('a.topic');
    for (const number of [1, 2, 3]) peer.publish('a.topic', [number], { exclude_me: false, acknowledge: true });
    expect(valuesOf(peer, 'EVENT')).toEqual([1, 2, 3]);
  });
});

describe('Remote Procedure Calls', () => {
  test('calls of one caller arrive at one callee in the order of calling, across procedures', () => {
    const router = new Router();
    const [caller, callee, other] = [new Peer(router), new Peer(router), new Peer(router)];
    const procedures = ['a.procedure', 'b.procedure'];
    for (const procedure of procedures) callee.register(procedure);
    other.register('c.procedure');
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    for (const number of numbers) caller.call([...procedures, 'c.procedure'][(number * 7) % 3] as string, number);
    expect(valuesOf(callee, 'INVOCATION')).toEqual(numbers.filter((number) => (number * 7) % 3 !== 2));
    expect(valuesOf(other, 'INVOCATION')).toEqual(numbers.filter((number) => (number * 7) % 3 === 2));
  });

  test('REGISTERED comes before the first invocation', () => {
    const router = new Router();
    const [caller, callee] = [new Peer(router), new Peer(router)];
    caller.call('a.procedure');
    callee.request('REGISTER', { options: {}, procedure: 'a.procedure' });
    caller.call('a.procedure');
    expect(typesOf(callee)).toEqual(['REGISTERED', 'INVOCATION']);
  });

  test('no invocation comes after UNREGISTERED', () => {
    const router = new Router();
    const [caller, callee] = [new Peer(router), new Peer(router)];
    const registration = callee.register('a.procedure');
    caller.call('a.procedure');
    callee.request('UNREGISTER', { registration });
    caller.call('a.procedure');
    expect(typesOf(callee)).toEqual(['REGISTERED', 'INVOCATION', 'UNREGISTERED']);
    // What was accepted before is still answered.
    callee.yield(1, 'done');
    expect(typesOf(caller)).toEqual(['ERROR', 'RESULT']);
  });

  test('a session that both calls and publishes is served in the order of its messages', () => {
    const router = new Router();
    const [sender, receiver] = [new Peer(router), new Peer(router)];
    receiver.subscribe('a.topic');
    receiver.register('a.procedure');
    sender.publish('a.topic', [1]);
    sender.call('a.procedure', 2);
    sender.publish('a.topic', [3]);
    expect(typesOf(receiver).slice(2)).toEqual(['EVENT', 'INVOCATION', 'EVENT']);
  });
});
