import type { Roles } from './kinds.ts';

/** The roles of a client and those of a router. Specification: Basic Profile, "Peers and Roles". */
export const CLIENT_ROLES = ['publisher', 'subscriber', 'caller', 'callee'] as const;
export const ROUTER_ROLES = ['broker', 'dealer'] as const;

export type ClientRole = (typeof CLIENT_ROLES)[number];
export type RouterRole = (typeof ROUTER_ROLES)[number];

/**
 * Did the other peer announce this feature for this role?
 *
 * @example
 * const canCancel = hasFeature(client.session?.welcome.roles ?? {}, 'dealer', 'call_canceling'); // => true
 */
export function hasFeature(roles: Roles, role: ClientRole | RouterRole, feature: string): boolean {
  return roles[role]?.features?.[feature] === true;
}
