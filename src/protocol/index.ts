export { closeUris, errorUris } from './uris.ts';
export { CLIENT_ROLES, type ClientRole, hasFeature, ROUTER_ROLES, type RouterRole } from './features.ts';
export { isId, MAX_ID, type RandomBytes, RequestIds, randomIds } from './ids.ts';
export { type AttributeTable, checkAttributes, type Sender } from './attributes.ts';
export {
  type ClientMessage,
  type Field,
  MESSAGES,
  type Message,
  type MessageOf,
  type MessageSpec,
  type RouterMessage,
} from './messages.ts';
export { type MessageType, messageType, SHAPES } from './shapes.ts';
export type { Kind, KindValues, RoleDetails, Roles } from './kinds.ts';
export { type AttributeCheck, messageFrom, parseMessage, typeOf, withoutNulls } from './parse.ts';
export { type Dict, isDict, isEmpty, NO_ARGS, NO_DICT, type Payload, payloadOf } from './payload.ts';
export { PayloadError, PayloadSizeError } from './payload-error.ts';
export {
  assertUri,
  isReservedUri,
  isStrictUri,
  isUri,
  MATCH_POLICIES,
  MAX_URI_LENGTH,
  type MatchPolicy,
  matchesUri,
} from './uri.ts';
export { ProtocolViolation } from './violation.ts';
export { WampError } from './wamp-error.ts';
