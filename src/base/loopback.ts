const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/i;

/** Can only this machine reach this host? */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}
