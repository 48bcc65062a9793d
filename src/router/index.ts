export { Router, type RouterOptions } from './router.ts';
