// What stands on the page. Whatever came from people is set as text, never as HTML.
import type { Post } from '../types.ts';

/** The element with this id. The page is ours, so one that is missing is a mistake in it. */
export function element<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as E;
}

function make(tag: string, className: string, text = ''): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Shows a message in `place`, until the service that it is about is back; or takes it away when there is none. */
export function showMessage(place: HTMLElement, message: string | undefined, service?: string): void {
  place.textContent = message ?? '';
  place.hidden = message === undefined;
  if (service !== undefined) place.dataset['service'] = service;
}

/** Takes away what is said about a service that is back. Was there anything? */
export function clearMessages(service: string): boolean {
  const places = [...document.querySelectorAll<HTMLElement>('[data-service]:not([hidden])')];
  const about = places.filter((place) => place.dataset['service'] === service);
  for (const place of about) showMessage(place, undefined);
  return about.length > 0;
}

export function showConnection(state: 'connected' | 'trying' | 'lost', text: string): void {
  const connection = element('connection');
  connection.dataset['state'] = state;
  connection.textContent = text;
}

/** Shows the form to log in to nobody, and the form to write to somebody. */
export function showMe(name: string | undefined): void {
  element('my-name').replaceChildren(...(name === undefined ? [] : [avatar(name), make('b', '', name)]));
  element('me').hidden = name === undefined;
  element('compose').hidden = name === undefined;
  element('login').hidden = name !== undefined;
}

export function showPosts(posts: readonly Post[]): void {
  element('posts').replaceChildren(...posts.map(postItem).reverse());
}

/** A post that has just come; one that is here already is left alone. */
export function addPost(post: Post): void {
  if (document.getElementById(`post-${post.id}`)) return;
  const item = postItem(post);
  item.classList.add('new');
  element('posts').prepend(item);
}

/** A post that the moderator has taken out. */
export function removePost(id: string): void {
  document.getElementById(`post-${id}`)?.remove();
}

function postItem({ id, author, text, time }: Post): HTMLElement {
  const item = make('li', 'card post');
  item.id = `post-${id}`;
  const when = make('time', 'hint', timeText(new Date(time)));
  when.setAttribute('datetime', new Date(time).toISOString());
  const head = make('p', 'head');
  head.append(make('b', '', author), when);
  const body = make('div', 'body');
  body.append(head, make('p', 'text', text));
  item.append(avatar(author), body);
  return item;
}

export function showOnline(names: ReadonlySet<string>, me: string | undefined): void {
  const items = [...names].sort().map((name) => {
    const item = make('li', '', name);
    item.prepend(avatar(name));
    if (name === me) item.append(make('span', 'hint', 'you'));
    return item;
  });
  element('online').replaceChildren(...items);
  element('online-count').textContent = String(names.size);
  element('online-nobody').hidden = names.size > 0;
}

/** A few words at the edge of the page, which go by themselves. */
export function notify(text: string): void {
  const notices = element('notices');
  const notice = make('p', 'notice', text);
  notice.addEventListener('animationend', () => notice.remove());
  notices.append(notice);
  if (notices.childElementCount > 3) notices.firstElementChild?.remove();
}

/** The first letter on a colour of one's own. */
function avatar(name: string): HTMLElement {
  const letters = Array.from(name);
  const made = make('span', 'avatar', letters[0]?.toUpperCase() ?? '?');
  made.setAttribute('aria-hidden', 'true');
  const hue = letters.reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360, 7);
  made.style.setProperty('--hue', String(hue));
  return made;
}

function timeText(time: Date): string {
  const today = time.toDateString() === new Date().toDateString();
  return time.toLocaleString([], today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' });
}
