import { expect, test } from 'vitest';
import { failureOf, fresh, type Maker, type Scene } from './conversation.ts';
import { realm } from './routers.ts';

/** A realm that does not exist is told by ABORT, and the client tells its user. */
export function testUnknownRealm(scene: () => Scene, maker: Maker): void {
  test(`${maker.traits.name} learns that a realm does not exist`, async () => {
    const joining = maker.join(scene().router.url, 'com.example.nowhere');
    expect((await failureOf(joining)).uri).toBe('wamp.error.no_such_realm');
  });
}

/** A client that leaves is answered, and what it had registered is gone for the others. */
export function testLeaving(scene: () => Scene, maker: Maker): void {
  test(`${maker.traits.name} says goodbye, is answered, and takes its registrations along`, async () => {
    const party = await maker.join(scene().router.url, realm);
    const procedure = fresh('procedure');
    await party.register(procedure, 'echo');
    expect(await scene().one.call(procedure, { args: [1], kwargs: {} })).toEqual({ args: [1], kwargs: {} });
    await party.leave();
    const call = scene().one.call(procedure, { args: [1], kwargs: {} });
    expect((await failureOf(call)).uri).toBe('wamp.error.no_such_procedure');
    await party.dispose();
  });
}
