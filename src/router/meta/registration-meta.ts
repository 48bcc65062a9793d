import { type Dict, errorUris, payloadOf, WampError } from '../../protocol/index.ts';
import type { Dealer } from '../dealer.ts';
import type { LocalCall, LocalProcedure } from '../local-callee.ts';
import type { Registration } from '../member.ts';
import { matchIn, reasonIn, required } from './arguments.ts';
import { idsByPolicy } from './listing.ts';
import type { MetaEvents } from './meta-events.ts';

/** Tells who listens of registrations. Specification: Advanced Profile, "Registration Meta API". */
export function tellOfRegistrations(dealer: Dealer, events: MetaEvents): void {
  dealer.registrations.watch({
    created: (session, registration) =>
      events.publish('wamp.registration.on_create', () => [session, detailsOf(registration)]),
    registered: (session, { id }) => events.publish('wamp.registration.on_register', () => [session, id]),
    unregistered: (session, { id }) => events.publish('wamp.registration.on_unregister', () => [session, id]),
    deleted: (session, { id }) => events.publish('wamp.registration.on_delete', () => [session, id]),
  });
}

/** What can be asked about registrations, and how one is revoked. */
export function registrationProcedures(dealer: Dealer): Readonly<Record<string, LocalProcedure>> {
  const { registrations } = dealer;
  const named = (call: LocalCall): Registration => {
    const id = required(call, [0, 'registration'], 'id');
    const registration = registrations.get(id);
    if (!registration) throw new WampError(errorUris.noSuchRegistration, [`there is no registration ${id}`]);
    return registration;
  };
  return {
    'wamp.registration.list': () => payloadOf([idsByPolicy(registrations.all())]),
    'wamp.registration.lookup': (call) =>
      payloadOf([registrations.lookup(required(call, [0, 'procedure'], 'string'), matchIn(call))?.id ?? null]),
    'wamp.registration.match': (call) =>
      payloadOf([registrations.match(required(call, [0, 'procedure'], 'URI'))?.id ?? null]),
    'wamp.registration.get': (call) => payloadOf([detailsOf(named(call))]),
    'wamp.registration.list_callees': (call) => payloadOf([named(call).endpoints.map(({ callee }) => callee.id)]),
    'wamp.registration.count_callees': (call) => payloadOf([named(call).endpoints.length]),
    // Not in the specification, but what others have too: how else would a registration be revoked?
    'wamp.registration.remove_callee': (call) => {
      const registration = named(call);
      const session = required(call, [1, 'session'], 'id');
      const reason = reasonIn(call, 2);
      const callee = registration.endpoints.find((endpoint) => endpoint.callee.id === session)?.callee;
      if (!callee)
        throw new WampError(errorUris.noSuchSession, [`session ${session} is not in registration ${registration.id}`]);
      dealer.revoke(registration, callee, reason ?? 'wamp.error.unregistered');
      return undefined;
    },
  };
}

function detailsOf({ id, created, procedure, match, invoke }: Registration): Dict {
  return { id, created, uri: procedure, match, invoke };
}
