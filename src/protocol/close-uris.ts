// Reasons in GOODBYE and ABORT. Specification: Basic Profile, "Session Closing".

export const systemShutdown = 'wamp.close.system_shutdown';
export const closeRealm = 'wamp.close.close_realm';
export const goodbyeAndOut = 'wamp.close.goodbye_and_out';
export const killed = 'wamp.close.killed';
/** Not in the specification, but what every client sends when it leaves of its own accord. */
export const normal = 'wamp.close.normal';
