import { memoryByGroup } from './group.ts';
import type { Instance } from './instance.ts';

const INTERVAL_MS = 2000;

/** Ends processes that have more memory than they may, with all that they have started. The function returned ends that. */
export function limitMemory(instances: () => readonly Instance[]): () => void {
  const timer = setInterval(() => look(instances()), INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function look(instances: readonly Instance[]): void {
  const limited = instances.filter(
    ({ part, pid, state }) => part.memory !== undefined && pid !== undefined && state !== 'stopping',
  );
  if (limited.length === 0) return;
  const used = memoryByGroup();
  for (const instance of limited) {
    const most = instance.part.memory as number;
    const bytes = used.get(instance.pid as number) ?? 0;
    if (bytes > most) instance.end(`used ${megabytes(bytes)} of memory, and may have ${megabytes(most)}`);
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
