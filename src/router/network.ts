const LOOPBACK = /^(?:127(?:\.\d+){3}|::1)$/;
/** What of an IPv6 address is the network's: whoever has one of its addresses has them all. */
const NETWORK_GROUPS = 4;

/**
 * What sessions and failed logins are counted by: an IPv4 address, or the first 64 bits of an IPv6 address. Undefined for
 * what comes from this machine, or is not known: behind a proxy here, that is everybody.
 */
export function networkOf(peer: string | undefined): string | undefined {
  if (peer === undefined || LOOPBACK.test(peer)) return undefined;
  if (!peer.includes(':')) return peer;
  const [head = '', tail = ''] = peer.split('%')[0]?.split('::') ?? [];
  const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [first, last] = [groupsOf(head), groupsOf(tail)];
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return `${[...first, ...zeros, ...last].slice(0, NETWORK_GROUPS).join(':')}::`;
}
