import { closeUris, type Dict, errorUris, payloadOf, WampError } from '../../protocol/index.ts';
import type { LocalCall, LocalProcedure } from '../local-callee.ts';
import type { Member } from '../member.ts';
import { optional, reasonIn, required } from './arguments.ts';
import type { MetaEvents } from './meta-events.ts';

/** The sessions of a realm, as far as the meta API needs them. */
export interface Sessions {
  readonly members: ReadonlyMap<number, Member>;
  /** Takes a session out of the realm before it is told; `quietly`: without a word to the others. */
  leave(member: Member, quietly: boolean): void;
}

/** Tells who listens of a session that has joined. Specification: Advanced Profile, "Session Meta API". */
export function tellOfJoin(member: Member, events: MetaEvents): void {
  events.publish('wamp.session.on_join', () => [detailsOf(member)]);
}

export function tellOfLeave({ id, identity }: Member, events: MetaEvents): void {
  events.publish('wamp.session.on_leave', () => [id, identity.authid, identity.authrole]);
}

/** What can be asked about sessions, and how they are ended. */
export function sessionProcedures(sessions: Sessions): Readonly<Record<string, LocalProcedure>> {
  const { members } = sessions;
  const listed = (call: LocalCall): Member[] => {
    const roles = optional(call, [0, 'filter_authroles'], 'list of strings');
    return [...members.values()].filter(({ identity }) => !roles || roles.includes(identity.authrole));
  };
  /** Ends the sessions that `fits` picks, the caller's own never being one. */
  const kill = (call: LocalCall, fits: (member: Member) => boolean, quietly = false): Member[] => {
    const { reason, message } = farewell(call);
    const killed = [...members.values()].filter((member) => member !== call.caller && fits(member));
    // All are out of the realm before one hears of it, so that none is told of the others.
    if (quietly) for (const member of killed) sessions.leave(member, true);
    for (const member of killed) member.goodbye(reason, message);
    return killed;
  };
  return {
    'wamp.session.count': (call) => payloadOf([listed(call).length]),
    'wamp.session.list': (call) => payloadOf([listed(call).map(({ id }) => id)]),
    'wamp.session.get': (call) => {
      const id = required(call, [0, 'session'], 'id');
      const member = members.get(id);
      if (!member) throw noSuchSession(id);
      return payloadOf([detailsOf(member)]);
    },
    'wamp.session.kill': (call) => {
      const session = required(call, [0, 'session'], 'id');
      if (kill(call, ({ id }) => id === session).length === 0) throw noSuchSession(session);
      return undefined;
    },
    'wamp.session.kill_by_authid': (call) => {
      const authid = required(call, [0, 'authid'], 'string');
      return payloadOf([kill(call, ({ identity }) => identity.authid === authid).map(({ id }) => id)]);
    },
    'wamp.session.kill_by_authrole': (call) => {
      const authrole = required(call, [0, 'authrole'], 'string');
      return payloadOf([kill(call, ({ identity }) => identity.authrole === authrole).length]);
    },
    // The one that is not told of: as the specification has it, nobody would remain to hear of it.
    'wamp.session.kill_all': (call) => payloadOf([kill(call, () => true, true).length]),
  };
}

/** What anybody may know of a session who may ask: nothing of its connection, its headers or its secrets. */
function detailsOf({ id, identity }: Member): Dict {
  const { authid, authrole, authmethod, authprovider } = identity;
  return { session: id, authid, authrole, authmethod, authprovider };
}

function farewell(call: LocalCall): { reason: string; message: string | undefined } {
  const reason = reasonIn(call) ?? closeUris.killed;
  return { reason, message: optional(call, 'message', 'string') };
}

function noSuchSession(id: number): WampError {
  return new WampError(errorUris.noSuchSession, [`there is no other session ${id}`]);
}
