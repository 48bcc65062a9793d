import type { HistoryEvent, HistoryLog, HistoryLogOptions, HistoryStore } from './history-store.ts';
import { sizeOfEvent } from './payload-size.ts';

/** A log whose events are at hand. */
export interface MemoryLog extends HistoryLog {
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
          kept.push(event);
          bytes += sizeOfEvent(event);
          while (kept.length - start > maxEvents || bytes > maxBytes) dropOldest();
        },
        events: () => kept.slice(start) as HistoryEvent[],
      };
    },
  };
}
