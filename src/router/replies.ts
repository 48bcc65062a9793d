import { type MatchPolicy, type MessageOf, MESSAGES, type Payload, payloadOf } from '../protocol/index.ts';
import { type Member, NO_DETAILS } from './member.ts';

type RequestType = 'PUBLISH' | 'SUBSCRIBE' | 'UNSUBSCRIBE' | 'CALL' | 'REGISTER' | 'UNREGISTER';

/** Why a request was refused: an error URI, and a sentence for the developer who made it. */
export interface Refusal {
  readonly uri: string;
  readonly why: string;
}

/** Answers a request with ERROR. */
export function refuse(
  member: Member,
  message: { readonly type: RequestType; readonly request: number },
  { uri, why }: Refusal,
): void {
  sendError(member, message, uri, payloadOf([why]));
}

/** Answers a request with an ERROR that carries somebody else's payload. */
export function sendError(
  member: Member,
  { type, request }: { readonly type: RequestType; readonly request: number },
  error: string,
  payload?: Payload,
): void {
  member.send({ type: 'ERROR', requestType: MESSAGES[type].code, request, details: NO_DETAILS, error, payload });
}

/** The match policy that was asked for; absent means exact. */
export function matchOf(message: MessageOf<'SUBSCRIBE' | 'REGISTER'>): MatchPolicy {
  return message.options.match ?? 'exact';
}
