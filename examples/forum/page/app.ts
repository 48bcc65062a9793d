import { AbortedError, connect, errorUris, WampError } from 'rocade';
import { wampcra } from 'rocade/auth';
import type { Login, Post } from '../types.ts';
import { explain, isLoggedOut, missing } from './explain.ts';
import { listenToForms, showLoginMessage } from './forms.ts';
import { remember, remembered } from './me.ts';
import {
  addPost,
  clearMessages,
  element,
  notify,
  removePost,
  showConnection,
  showMe,
  showMessage,
  showOnline,
  showPosts,
} from './view.ts';

let me = remembered();
const online = new Set<string>();
/** There was a connection. */
let lost = false;

showMe(me?.name);
// Whoever sits in front of the page decides what to do again, so nothing waits for a connection behind their back.
const client = await connect(location.origin.replace('http', 'ws'), {
  timeout: 10_000,
  retry: { maxDelay: 5000 },
  offline: 'reject',
  on: {
    reconnecting: ({ attempt }) => showTrying(attempt),
    closed: (reason) => showConnection('lost', `${explain(reason, 'router')} Reload the page.`),
  },
});

client.on('joined', () => {
  showConnection('connected', 'connected');
  notify('The connection is back.');
  for (const service of ['login', 'posts', 'online']) clearMessages(service);
  void refresh();
});
client.on('left', () => (lost = true));
client.on('error', (error) => notify(error.message));

await client.subscribe('forum.posts.added', ([post]) => addPost(post));
await client.subscribe('forum.user.online', ([name]) => showComing(name));
await client.subscribe('forum.user.offline', ([name]) => showLeaving(name));
await client.subscribe('forum.posts.removed', ([id]) => removePost(id));
await client.subscribe('forum.service.up', ([service]) => {
  if (clearMessages(service)) notify(`The ${service} service is running again.`);
  void refresh();
});

listenToForms({
  login: async (name, password) => {
    setMe(await logIn(name, password));
    await sayHere();
  },
  post: async (text) => addPost(await askAsMe<Post>('forum.posts.add', [text])),
});
element('logout').addEventListener('click', () => void logOut());

showConnection('connected', 'connected');
await refresh();

function showTrying(attempt: number): void {
  showConnection('trying', `${lost ? 'connection lost' : 'not connected'}, trying again (${attempt})`);
}

function router(): string {
  return location.origin.replace('http', 'ws');
}

/**
 * Proves by WAMP-CRA who somebody is, so that the password stays here: in a session of its own, which ends with a token
 * for this one.
 */
async function logIn(name: string, password: string): Promise<Login> {
  try {
    await using member = await connect(router(), {
      auth: [wampcra({ authid: name, secret: password })],
      retry: false,
      timeout: 10_000,
    });
    return await member.call<Login>('forum.login');
  } catch (error) {
    if (!(error instanceof AbortedError) || error.uri !== errorUris.authenticationFailed) throw error;
    throw new WampError('forum.error.wrong_password', ['This name and this password do not belong together.']);
  }
}

/** Asks for everything that may have been missed: at the start, after a reconnect, after a service came back. */
async function refresh(): Promise<void> {
  await Promise.all([
    inPlace('posts', async () => showPosts(await client.call<Post[]>('forum.posts.list'))),
    inPlace('online', async () => {
      const names = await client.call<string[]>('forum.online.list');
      online.clear();
      for (const name of names) online.add(name);
      showOnline(online, me?.name);
    }),
    sayHere(),
  ]);
}

/** Does something for a part of the page, and says there what went wrong. */
async function inPlace(service: 'posts' | 'online', work: () => Promise<void>): Promise<void> {
  const place = element(`${service}-problem`);
  try {
    await work();
    showMessage(place, undefined);
  } catch (error) {
    // That is said where one logs in.
    showMessage(place, isLoggedOut(error) ? undefined : explain(error, service), missing(error, service));
  }
}

/** Calls a procedure that wants to know who asks. The token says it; the name that a page gives would prove nothing. */
async function askAsMe<R>(procedure: string, args: readonly unknown[] = []): Promise<R> {
  try {
    return await client.call<R>(procedure, [me?.token, ...args]);
  } catch (error) {
    if (isLoggedOut(error) && me) {
      setMe(undefined);
      showLoginMessage('You have been logged out. Please log in again.');
      void sayLeaving();
    }
    throw error;
  }
}

function setMe(login: Login | undefined): void {
  me = login;
  remember(login);
  clearMessages('login');
  clearMessages('posts');
  showMe(login?.name);
  showOnline(online, login?.name);
}

/** Says that somebody is in this window; the router says when it is gone. */
async function sayHere(): Promise<void> {
  if (me) await inPlace('online', () => askAsMe('forum.online.here'));
}

async function sayLeaving(): Promise<void> {
  await inPlace('online', () => client.call('forum.online.leave'));
}

async function logOut(): Promise<void> {
  try {
    await sayLeaving();
    await askAsMe('forum.logout');
  } catch (error) {
    notify(explain(error, 'login'));
  }
  setMe(undefined);
}

function showComing(name: string): void {
  online.add(name);
  showOnline(online, me?.name);
  if (name !== me?.name) notify(`${name} is here.`);
}

function showLeaving(name: string): void {
  online.delete(name);
  showOnline(online, me?.name);
  if (name !== me?.name) notify(`${name} has left.`);
}
