import { errorUris, WampError } from '../../protocol/index.ts';
import type { LocalProcedure } from '../local-callee.ts';
import type { Member } from '../member.ts';

/** What takes something from others: their sessions, registrations and subscriptions. */
const ENDING: ReadonlySet<string> = new Set([
  'wamp.session.kill',
  'wamp.session.kill_by_authid',
  'wamp.session.kill_by_authrole',
  'wamp.session.kill_all',
  'wamp.registration.remove_callee',
  'wamp.subscription.remove_subscriber',
]);

/** The same procedures, those that take something from others being only for those who `mayEnd` it. */
export function administered(
  procedures: Readonly<Record<string, LocalProcedure>>,
  mayEnd: (member: Member) => boolean,
): Readonly<Record<string, LocalProcedure>> {
  const guarded = Object.entries(procedures).map(([uri, run]): [string, LocalProcedure] => [
    uri,
    ENDING.has(uri)
      ? (call) => {
          if (!mayEnd(call.caller)) throw refusalOf(uri);
          return run(call);
        }
      : run,
  ]);
  return Object.fromEntries(guarded);
}

const refusalOf = (uri: string): WampError =>
  new WampError(errorUris.notAuthorized, [
    `this session is not authorized to call '${uri}', which ends what others have: the realm has neither roles that allow it nor this role among its administrators`,
  ]);
