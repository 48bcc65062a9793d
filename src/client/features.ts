import type { Roles } from '../protocol/index.ts';

const role = (features: string): Roles[string] => ({
  features: Object.fromEntries(features.split(' ').map((feature) => [feature, true])),
});

/** What this client announces in HELLO: what it does today, and no more. */
export const CLIENT_FEATURES: Roles = {
  publisher: role('publisher_identification publisher_exclusion subscriber_blackwhite_listing'),
  subscriber: role(
    'publisher_identification pattern_based_subscription publication_trustlevels subscription_revocation',
  ),
  caller: role('caller_identification call_canceling progressive_call_results progressive_call_invocations'),
  callee: role(
    'caller_identification call_canceling progressive_call_results progressive_call_invocations ' +
      'call_timeout call_trustlevels pattern_based_registration shared_registration registration_revocation',
  ),
};
