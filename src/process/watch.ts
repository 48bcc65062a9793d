import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Changes within this time are one: editors write a file in several steps. */
const DEBOUNCE_MS = 200;
/** What changes without anybody having edited it. */
const IGNORED = /(?:^|\/)(?:node_modules|\.[^/]+)(?:\/|$)|~$|\.(?:log|sock|db|db-\w+)(?:\.\d+)?$/;

/**
 * Calls back, with its name, after one of these files, or a file in one of these directories, has changed. The function
 * returned ends that.
 */
export function watchFiles(paths: readonly string[], changed: (file: string) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const hear = (file: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => changed(file), DEBOUNCE_MS);
  };
  const watchers = paths.flatMap((path): FSWatcher[] => {
    try {
      const watcher = statSync(path).isFile() ? watchFile(path, hear) : watchDirectory(path, hear);
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

/** By its directory: editors put another file in its place, of which a watcher of the first one hears nothing. */
function watchFile(path: string, hear: (file: string) => void): FSWatcher {
  return watch(dirname(path), { persistent: false }, (_event, file) => {
    if (file === basename(path)) hear(file);
  });
}

function watchDirectory(path: string, hear: (file: string) => void): FSWatcher {
  return watch(path, { recursive: true, persistent: false }, (_event, file) => {
    if (file !== null && !IGNORED.test(file)) hear(file);
  });
}
