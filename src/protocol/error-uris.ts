/**
 * The URIs that the specification gives to errors and to reasons for closing, under their last component.
 *
 * @example
 * if (error instanceof WampError && error.uri === errorUris.noSuchProcedure) …
 */
export const errorUris = {
  invalidUri: 'wamp.error.invalid_uri',
  noSuchProcedure: 'wamp.error.no_such_procedure',
  procedureAlreadyExists: 'wamp.error.procedure_already_exists',
  noSuchRegistration: 'wamp.error.no_such_registration',
  noSuchSubscription: 'wamp.error.no_such_subscription',
  invalidArgument: 'wamp.error.invalid_argument',
  payloadSizeExceeded: 'wamp.error.payload_size_exceeded',
  canceled: 'wamp.error.canceled',
  timeout: 'wamp.error.timeout',
  notAuthorized: 'wamp.error.not_authorized',
  authorizationFailed: 'wamp.error.authorization_failed',
  noSuchRealm: 'wamp.error.no_such_realm',
  noSuchRole: 'wamp.error.no_such_role',
  protocolViolation: 'wamp.error.protocol_violation',
  noMatchingAuthMethod: 'wamp.error.no_matching_auth_method',
  noSuchPrincipal: 'wamp.error.no_such_principal',
  authenticationDenied: 'wamp.error.authentication_denied',
  authenticationFailed: 'wamp.error.authentication_failed',
  authenticationRequired: 'wamp.error.authentication_required',
  authorizationDenied: 'wamp.error.authorization_denied',
  authorizationRequired: 'wamp.error.authorization_required',
  optionNotAllowed: 'wamp.error.option_not_allowed',
  discloseMeDisallowed: 'wamp.error.option_disallowed.disclose_me',
  networkFailure: 'wamp.error.network_failure',
  unavailable: 'wamp.error.unavailable',
  noAvailableCallee: 'wamp.error.no_available_callee',
  featureNotSupported: 'wamp.error.feature_not_supported',
  noSuchSession: 'wamp.error.no_such_session',
  /** Not in the specification, but what every implementation sends for a handler that threw something else. */
  runtimeError: 'wamp.error.runtime_error',
  /** Not in the specification: a payload that cannot be written in the receiver's serializer. */
  invalidPayload: 'wamp.error.invalid_payload',
} as const;

/** Reasons in GOODBYE and ABORT. Specification: Basic Profile, "Session Closing". */
export const closeUris = {
  systemShutdown: 'wamp.close.system_shutdown',
  closeRealm: 'wamp.close.close_realm',
  goodbyeAndOut: 'wamp.close.goodbye_and_out',
  killed: 'wamp.close.killed',
  /** Not in the specification, but what every client sends when it leaves of its own accord. */
  normal: 'wamp.close.normal',
} as const;
