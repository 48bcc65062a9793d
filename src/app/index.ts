/**
 * Services in a few lines: an `App` connects, registers, serves, and stops in good order.
 *
 * @module
 */
export { App } from './app.ts';
export { type Decorators, decorators, event, type MethodDecorator, procedure } from './decorators.ts';
export { type Host, hostApps, type Runnable } from './host.ts';
export { consoleLog, type Log, type LogLevel } from './log.ts';
export type { AppOptions, LifeHandler, RunOptions } from './options.ts';
export { type AppLike, runApp, runModule, toApp } from './run-module.ts';
