import type { Roles } from '../protocol/index.ts';

const role = (features: string): Roles[string] => ({
  features: Object.fromEntries(features.split(' ').map((feature) => [feature, true])),
});

/** What this client announces in HELLO: what it does today, and no more. */
export const CLIENT_FEATURES: Roles = {
  publisher: role('publisher_exclusion subscriber_blackwhite_listing publisher_identification'),
  subscriber: role('publisher_identification subscription_revocation'),
  caller: role('call_canceling caller_identification'),
  callee: role('call_canceling caller_identification registration_revocation'),
};
