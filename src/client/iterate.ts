import { BoundedQueue } from '../base/index.ts';
import type { ClientEvent, Listen } from './client-options.ts';

const EVENTS = ['error', 'connecting', 'open', 'joined', 'left', 'reconnecting', 'closed'] as const;

/** A client's events from now on; the last one is `closed`. `closed` is the reason when that has happened already. */
export function iterate(on: Listen, closed: Error | undefined): AsyncIterableIterator<ClientEvent, undefined> {
  const queue = new BoundedQueue<ClientEvent>({}, { queueOf: 'events', onReaderGone: () => leave() });
  const leave = (): void => {
    for (const off of offs) off();
  };
  const hear = (type: ClientEvent['type'], detail: unknown): void => {
    queue.push({ type, detail } as ClientEvent);
    if (type === 'closed') queue.end();
  };
  const offs = EVENTS.map((type) => on(type, (detail?: unknown) => hear(type, detail)));
  if (closed) hear('closed', closed);
  return queue;
}
