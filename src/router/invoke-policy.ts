import type { Endpoint, Registration } from './member.ts';

/** Can a call go there now? Not while it has as many as it takes at a time, nor when it has sent this one back. */
function isFree(endpoint: Endpoint, tried?: ReadonlySet<Endpoint>): boolean {
  return endpoint.running < endpoint.concurrency && !tried?.has(endpoint);
}

/**
 * Who of a registration's callees gets a call, by its policy and of those that are free; undefined when none is.
 * Specification: Advanced Profile, "Shared Registration" and "Call Re-Routing": those `tried` count as not there.
 */
export function pickEndpoint(
  registration: Registration,
  random: () => number,
  tried?: ReadonlySet<Endpoint>,
): Endpoint | undefined {
  const { invoke, endpoints } = registration;
  switch (invoke) {
    case 'single': {
      const only = endpoints[0];
      return only && isFree(only, tried) ? only : undefined;
    }
    case 'first':
      return endpoints.find((endpoint) => isFree(endpoint, tried));
    case 'last':
      return endpoints.findLast((endpoint) => isFree(endpoint, tried));
    case 'random': {
      const free = endpoints.filter((endpoint) => isFree(endpoint, tried));
      return free[random() % free.length];
    }
    case 'roundrobin':
      for (let step = 0; step < endpoints.length; step++) {
        const index = (registration.turn + step) % endpoints.length;
        const endpoint = endpoints[index] as Endpoint;
        if (!isFree(endpoint, tried)) continue;
        registration.turn = index + 1;
        return endpoint;
      }
      return undefined;
  }
}
