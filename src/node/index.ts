export { ListenError } from './errors.ts';
export { type RawSocketOptions, rawSocket } from './rawsocket.ts';
export { type RunningRouter, type StartOptions, startRouter } from './start-router.ts';
