export type { AuthAnswer, AuthMethod } from './method.ts';
