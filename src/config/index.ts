export { nearest } from './nearest.ts';
export {
  type GuestConfig,
  HANG_TIMEOUT_MS,
  MAX_INSTANCES,
  type OutputConfig,
  type ProcessConfig,
  type WorkerConfig,
} from './process-schema.ts';
export {
  type Configuration,
  ConfigurationError,
  describe,
  type Mistake,
  parseConfiguration,
  readConfiguration,
} from './read.ts';
export type { RealmConfig } from './realm-schema.ts';
export { PROCESS_ROLE } from './roles.ts';
export type { RouterConfig } from './router-schema.ts';
export { configurationSchema } from './schema.ts';
