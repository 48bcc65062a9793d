export { acceptUpgrades } from './accept-upgrades.ts';
export { ListenError } from './errors.ts';
export { type FileHistoryOptions, fileHistory } from './file-history.ts';
export { type RawSocketOptions, rawSocket } from './rawsocket.ts';
export { type ListenOptions, type RunningRouter, type StartOptions, startRouter } from './start-router.ts';
export { type RequestHeaders, type WebSocketOptions, webSocket } from './websocket.ts';
export type { UpgradeOptions } from './upgrade.ts';
