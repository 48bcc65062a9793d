export { mistakesIn } from './inspect-router.ts';
export type { Unchanged } from './fleet.ts';
export type { ProcessInfo } from './instance.ts';
export type { LogLine } from './line-buffer.ts';
export { MANAGEMENT_REALM } from './management.ts';
export { isDown } from './order.ts';
export { placesOf } from './places.ts';
export { type RunningSite, type SiteOptions, startSite } from './site.ts';
