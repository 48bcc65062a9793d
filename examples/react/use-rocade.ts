import { createContext, useContext, useEffect, useState } from 'react';
import type { Client } from 'rocade';

/** The client of all components below. */
export const RocadeContext = createContext<Client | undefined>(undefined);

export function useClient(): Client {
  const client = useContext(RocadeContext);
  if (!client) throw new Error('there is no <RocadeContext> above this component');
  return client;
}

/** The arguments of the newest event of a topic; undefined before there was one. */
export function useEvent(topic: string): readonly unknown[] | undefined {
  const client = useClient();
  const [args, setArgs] = useState<readonly unknown[]>();
  useEffect(() => {
    // Under way when the component goes: the subscription ends as soon as it is there.
    const subscription = client.subscribe(topic, (received) => setArgs(received));
    return () => void subscription.then((held) => held.unsubscribe()).catch(report);
  }, [client, topic]);
  return args;
}

/** What is known of a call: its result or its error, once there is one. */
export interface Called<T> {
  readonly result?: T;
  readonly error?: Error;
  readonly pending: boolean;
}

/** Calls a procedure, again whenever its arguments change; what is not wanted any more is cancelled. */
export function useCall<T>(procedure: string, ...args: readonly unknown[]): Called<T> {
  const client = useClient();
  const [called, setCalled] = useState<Called<T>>({ pending: true });
  const key = JSON.stringify(args);
  useEffect(() => {
    const cancel = new AbortController();
    setCalled((before) => ({ ...before, pending: true }));
    client.call<T>(procedure, JSON.parse(key) as unknown[], { signal: cancel.signal }).then(
      (result) => setCalled({ result, pending: false }),
      (error: Error) => {
        if (!cancel.signal.aborted) setCalled({ error, pending: false });
      },
    );
    return () => cancel.abort();
  }, [client, procedure, key]);
  return called;
}

function report(error: unknown): void {
  console.error(error);
}
