/**
 * As much of `reason` as fits into a close frame, which has room for 123 octets (RFC 6455, section 5.5): sockets throw
 * for one that is longer. No UTF-16 unit takes more than three.
 */
export function closeReason(reason: string): string {
  return reason.slice(0, 41);
}
