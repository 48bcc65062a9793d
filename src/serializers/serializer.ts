import type { Message } from '../protocol/index.ts';

/** What one transport message is made of: text or octets, as the serializer says. */
export type Frame = string | Uint8Array;

/**
 * Messages ↔ frames. Synchronous both ways, so that nothing can overtake.
 *
 * Specification: Basic Profile, "Serializers". One instance serves any number of connections.
 */
export interface Serializer {
  /** As in the WebSocket subprotocol: `wamp.2.` + id. */
  readonly id: string;
  /** Do its frames travel as binary ones? */
  readonly binary: boolean;
  /** Throws a `PayloadError` when the payload cannot be written; then nothing was sent. */
  encode(message: Message): Frame;
  /** Throws a `ProtocolViolation` for anything but well-formed messages. Batched forms give several. */
  decode(frame: Frame): readonly Message[];
}
