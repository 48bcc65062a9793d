export type { AttributeTable, Attributes, ForwardedFor, RoleDetails, Roles } from './attributes.ts';
export { closeUris, errorUris } from './error-uris.ts';
export { CLIENT_ROLES, type ClientRole, hasFeature, ROUTER_ROLES, type RouterRole } from './features.ts';
export { isId, MAX_ID, type RandomBytes, RequestIds, randomIds } from './ids.ts';
export {
  type ClientMessage,
  type Field,
  type FieldKind,
  MESSAGES,
  type Message,
  type MessageOf,
  type MessageSpec,
  type MessageType,
  messageType,
  type RouterMessage,
  type Sender,
} from './messages.ts';
export { headOf, parseMessage, typeOf, withoutNulls } from './parse.ts';
export { type Dict, isDict, type Payload, payloadOf } from './payload.ts';
export { PayloadError } from './payload-error.ts';
export { assertUri, isReservedUri, isUri, MATCH_POLICIES, MAX_URI_LENGTH, type MatchPolicy, matchesUri, type UriRules } from './uri.ts';
export { ProtocolViolation } from './violation.ts';
export { WampError } from './wamp-error.ts';
