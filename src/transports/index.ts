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
export { type MemoryOptions, memory, memoryPair } from './memory.ts';
export { webSocket } from './websocket.ts';
export { type Socket, socketTransport } from './socket.ts';
