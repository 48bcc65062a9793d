import type { HistoryEvent, HistoryLog, HistoryLogOptions, HistoryStore } from './history-store.ts';
import { sizeOfEvent } from './payload-size.ts';

/** A log whose events are at hand. */
export interface MemoryLog extends HistoryLog {
  /** False for one that is too large to be kept. */
  append(event: HistoryEvent): boolean;
  events(): readonly HistoryEvent[];
}

export interface MemoryHistory extends HistoryStore {
  open(options: HistoryLogOptions): MemoryLog;
}

/**
 * Keeps events in memory, the newest up to the limits of each log; they are gone when the process ends.
 *
 * @example
 * const history = { topics: [{ topic: 'news' }], store: memoryHistory() };
 * const router = new Router({ realms: [{ name: 'realm1', history }] });
 */
export function memoryHistory(): MemoryHistory {
  return {
    open({ maxEvents, maxBytes }) {
      let kept: (HistoryEvent | undefined)[] = [];
      /** Where the oldest one is; the empty places before it are thrown away now and then. */
      let start = 0;
      let bytes = 0;
      const dropOldest = (): void => {
        bytes -= sizeOfEvent(kept[start] as HistoryEvent);
        kept[start++] = undefined;
        if (start <= 64 || start <= kept.length / 2) return;
        kept = kept.slice(start);
        start = 0;
      };
      return {
        append(event) {
          const size = sizeOfEvent(event);
          if (size > maxBytes) return false;
          kept.push(event);
          bytes += size;
          while (kept.length - start > maxEvents || bytes > maxBytes) dropOldest();
          return true;
        },
        events: () => kept.slice(start) as HistoryEvent[],
      };
    },
  };
}
