export type { RealmCounts } from './realm.ts';
export { Router, type RouterOptions } from './router.ts';
