export const ACTIONS = ['call', 'register', 'publish', 'subscribe'] as const;
/** What a client wants to do with a URI. */
export type Action = (typeof ACTIONS)[number];
