export { ListenError } from './errors.ts';
export { type RunningRouter, type StartOptions, startRouter } from './start-router.ts';
