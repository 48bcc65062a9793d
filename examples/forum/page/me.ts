import type { Login } from '../types.ts';

// For one window, and over reloads: that is what sessionStorage is for.
const KEY = 'forum.login';

/** Who is logged in in this window. */
export function remembered(): Login | undefined {
  const text = sessionStorage.getItem(KEY);
  return text === null ? undefined : (JSON.parse(text) as Login);
}

export function remember(login: Login | undefined): void {
  if (login) sessionStorage.setItem(KEY, JSON.stringify(login));
  else sessionStorage.removeItem(KEY);
}
