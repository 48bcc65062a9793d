/** What a WebSocket's close frame has room for, in octets (RFC 6455, section 5.5). */
const room = new Uint8Array(123);
const encoder = new TextEncoder();

/** As much of `reason` as fits into a close frame, in whole characters: sockets throw for one that is longer. */
export function closeReason(reason: string): string {
  return reason.slice(0, encoder.encodeInto(reason, room).read);
}
