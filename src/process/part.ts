import type { ProcessConfig } from '../config/index.ts';
import type { Launch } from './child.ts';
import type { FromChild } from './messages.ts';
import type { RestartRules } from './restarts.ts';

/** What the manager has to know of any process that it runs: the router, a worker, a guest. */
export interface Part {
  readonly name: string;
  readonly type: 'router' | 'worker' | 'guest';
  readonly after: readonly string[];
  readonly restart: RestartRules;
  readonly stop: ProcessConfig['stop'];
  readonly ready: ProcessConfig['ready'];
  readonly readyTimeout: number;
  /** Milliseconds that its event loop may stand still; 0: for ever, or it has none that can be asked. */
  readonly hangTimeout: number;
  readonly memory: number | undefined;
  readonly stdout: ProcessConfig['stdout'];
  readonly stderr: ProcessConfig['stderr'];
  readonly optional: boolean;
  /** Gets everything ready for one start of the process called `id`. */
  prepare(id: string): Promise<Prepared | { readonly problem: string }>;
  /** Is this procedure registered, where this part would register it? */
  isRegistered(procedure: string): Promise<boolean>;
}

/** One start, about to happen. */
export interface Prepared {
  readonly launch: Launch;
  /** What a program of ours is told first. */
  readonly hello?: object;
  /** Hears of what a program of ours says, and how to answer. */
  readonly onMessage?: (message: FromChild, send: (message: object) => void) => void;
  /** The process is there, and can be told more. */
  readonly onStart?: (send: (message: object) => void) => void;
  /** Called when the process has ended. */
  readonly release: () => void;
}
