import {
  AbortedError,
  ClosedError,
  ConnectError,
  ConnectionLostError,
  errorUris,
  TimeoutError,
  WampError,
} from 'rocade';

const NO_CONNECTION = 'There is no connection at the moment. Please try again once it is back.';
const PERHAPS = 'It may have worked all the same: look before you try again.';

/** An error in words for whoever sits in front of the page. `service` is who was asked. */
export function explain(error: unknown, service: string): string {
  if (error instanceof WampError) return explainAnswer(error, service);
  if (error instanceof TimeoutError) return `The ${service} service did not answer in time. ${PERHAPS}`;
  if (error instanceof ConnectionLostError) {
    return error.maybeDelivered ? `The connection was lost before the answer came. ${PERHAPS}` : NO_CONNECTION;
  }
  if (error instanceof ConnectError) return NO_CONNECTION;
  if (error instanceof AbortedError)
    return error.uri === errorUris.unavailable
      ? notRunning(service)
      : `The router refuses this page (${error.message}).`;
  if (error instanceof ClosedError) return `The connection was closed before the answer came. ${PERHAPS}`;
  return error instanceof Error ? error.message : String(error);
}

/** What the service, or the router in its place, has answered. */
function explainAnswer({ uri, args, message }: WampError, service: string): string {
  if (uri === errorUris.noSuchProcedure) return notRunning(service);
  if (uri === errorUris.canceled) return `The ${service} service stopped before it could answer. Please try again.`;
  // The services' own errors carry a sentence for people.
  return uri.startsWith('forum.error.') ? String(args[0]) : `The ${service} service has failed: ${message}`;
}

function notRunning(service: string): string {
  return `The ${service} service is not running. You will be told when it is back.`;
}

/** The service that has to come back before it works: the one that was asked, or the one that this needs. */
export function missing(error: unknown, service: string): string {
  return error instanceof WampError && error.uri === 'forum.error.unavailable'
    ? String(error.kwargs['service'])
    : service;
}

/** Is it certain that the token is worth nothing any more? */
export function isLoggedOut(error: unknown): boolean {
  return error instanceof WampError && error.uri === 'forum.error.not_logged_in';
}
