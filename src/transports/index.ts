export {
  type Channel,
  type CloseInfo,
  type ConnectOptions,
  type Connector,
  framed,
  type Receiver,
  type Transport,
} from './channel.ts';
export { ConnectError } from './connect-error.ts';
export { failover, type FailoverOptions } from './failover.ts';
export { type MemoryOptions, memory, memoryPair } from './memory.ts';
export {
  type Answer,
  announcedBytes,
  MAX_RAWSOCKET_BYTES,
  RAWSOCKET_HANDSHAKE_BYTES,
  RAWSOCKET_MAGIC,
  RawSocketReader,
  rawSocketCode,
  rawSocketFrames,
  rawSocketHead,
  readAnswer,
  receiveHandshake,
  writeHandshake,
} from './rawsocket.ts';
export { socketConnector, webSocket } from './websocket.ts';
export type { Socket } from './runtime.browser.ts';
export { atEndOfTurn, FRAMES_PER_WRITE } from './end-of-turn.ts';
export { sendTogether } from './masked-frames.ts';
export { socketTransport } from './socket.ts';
export { whyNot } from './why-not.ts';
