import { type FSWatcher, watch } from 'node:fs';

/** Changes within this time are one: editors write a file in several steps. */
const DEBOUNCE_MS = 200;
/** What changes without anybody having edited it. */
const IGNORED = /(?:^|\/)(?:node_modules|\.[^/]+)(?:\/|$)|~$|\.(?:log|sock|db|db-\w+)(?:\.\d+)?$/;

/** Calls back, with its name, after a file in one of these directories has changed. The function returned ends that. */
export function watchFiles(directories: readonly string[], changed: (file: string) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watchers = directories.flatMap((directory): FSWatcher[] => {
    try {
      const watcher = watch(directory, { recursive: true, persistent: false }, (_event, file) => {
        if (file === null || IGNORED.test(file)) return;
        clearTimeout(timer);
        timer = setTimeout(() => changed(file), DEBOUNCE_MS);
      });
      return [watcher.on('error', () => {})];
    } catch {
      return [];
    }
  });
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
