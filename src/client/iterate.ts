import type { ClientEvent, Listen } from './client-options.ts';

const EVENTS = ['error', 'connecting', 'open', 'joined', 'left', 'reconnecting', 'closed'] as const;

/** A client's events from now on; the last one is `closed`. `closed` is the reason when that has happened already. */
export function iterate(on: Listen, closed: Error | undefined): AsyncGenerator<ClientEvent, void, void> {
  const queue: ClientEvent[] = closed ? [{ type: 'closed', detail: closed }] : [];
  let wake = (): void => {};
  const offs = EVENTS.map((type) =>
    on(type, (detail?: unknown) => {
      queue.push({ type, detail } as ClientEvent);
      wake();
    }),
  );
  return (async function* () {
    try {
      for (;;) {
        const event = queue.shift();
        if (event) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
        if (event?.type === 'closed') return;
      }
    } finally {
      for (const off of offs) off();
    }
  })();
}
