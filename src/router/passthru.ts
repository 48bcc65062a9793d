import { type ClientRole, type Dict, ProtocolViolation } from '../protocol/index.ts';

/** What says how a payload is to be read that routers do not look into: as specified, and as older peers say it. */
const ATTRIBUTES = [
  'ppt_scheme',
  'ppt_serializer',
  'ppt_cipher',
  'ppt_keyid',
  'enc_algo',
  'enc_key',
  'enc_serializer',
] as const;
export const PASSTHRU_FEATURE = 'payload_passthru_mode';

type Attributes = { readonly [A in (typeof ATTRIBUTES)[number]]?: string };

/** Does a message come in payload passthru mode? Specification: Advanced Profile, "Payload Passthru Mode". */
export function isPassthru({ ppt_scheme }: Attributes): boolean {
  return ppt_scheme !== undefined && ppt_scheme !== '';
}

/** What of the options of a message goes on, as it is, with its payload; undefined when there is nothing. */
export function passthruOf(options: Attributes): Dict | undefined {
  if (!isPassthru(options) && options.enc_algo === undefined) return undefined;
  const attributes: Record<string, unknown> = {};
  for (const name of ATTRIBUTES) if (options[name] !== undefined) attributes[name] = options[name];
  return attributes;
}

/** Who knows what a session has announced. */
interface Announcer {
  has(role: Exclude<ClientRole, 'subscriber'>, feature: typeof PASSTHRU_FEATURE): boolean;
}

/** Who sends in this mode has to have announced it: anything else is a {@link ProtocolViolation}. */
export function checkPassthru(member: Announcer, role: Exclude<ClientRole, 'subscriber'>, options: Attributes): void {
  if (isPassthru(options) && !member.has(role, PASSTHRU_FEATURE))
    throw new ProtocolViolation(`ppt_scheme: this session has not announced ${PASSTHRU_FEATURE} as a ${role}`);
}
