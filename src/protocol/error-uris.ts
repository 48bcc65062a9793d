// The URIs that the specification gives to errors, under their last component.

export const invalidUri = 'wamp.error.invalid_uri';
export const noSuchProcedure = 'wamp.error.no_such_procedure';
export const procedureAlreadyExists = 'wamp.error.procedure_already_exists';
export const noSuchRegistration = 'wamp.error.no_such_registration';
export const noSuchSubscription = 'wamp.error.no_such_subscription';
export const invalidArgument = 'wamp.error.invalid_argument';
export const payloadSizeExceeded = 'wamp.error.payload_size_exceeded';
export const canceled = 'wamp.error.canceled';
export const timeout = 'wamp.error.timeout';
export const notAuthorized = 'wamp.error.not_authorized';
export const authorizationFailed = 'wamp.error.authorization_failed';
export const noSuchRealm = 'wamp.error.no_such_realm';
export const noSuchRole = 'wamp.error.no_such_role';
export const protocolViolation = 'wamp.error.protocol_violation';
export const noMatchingAuthMethod = 'wamp.error.no_matching_auth_method';
export const noSuchPrincipal = 'wamp.error.no_such_principal';
export const authenticationDenied = 'wamp.error.authentication_denied';
export const authenticationFailed = 'wamp.error.authentication_failed';
export const authenticationRequired = 'wamp.error.authentication_required';
export const authorizationDenied = 'wamp.error.authorization_denied';
export const authorizationRequired = 'wamp.error.authorization_required';
export const optionNotAllowed = 'wamp.error.option_not_allowed';
export const discloseMeDisallowed = 'wamp.error.option_disallowed.disclose_me';
export const networkFailure = 'wamp.error.network_failure';
export const unavailable = 'wamp.error.unavailable';
export const noAvailableCallee = 'wamp.error.no_available_callee';
export const featureNotSupported = 'wamp.error.feature_not_supported';
export const noSuchSession = 'wamp.error.no_such_session';
/** Not in the specification, but what every implementation sends for a handler that threw something else. */
export const runtimeError = 'wamp.error.runtime_error';
/** Not in the specification: a payload that cannot be written in the receiver's serializer. */
export const invalidPayload = 'wamp.error.invalid_payload';
/** Not in the specification: events of this subscription are not kept. */
export const historyUnavailable = 'wamp.error.history_unavailable';
/** Not in the specification, which has no word for it: somebody has had enough for now. */
export const limitExceeded = 'rocade.error.limit_exceeded';
