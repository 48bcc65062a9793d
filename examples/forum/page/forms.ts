import { MAX_TEXT } from '../types.ts';
import { explain, missing } from './explain.ts';
import { element, showMessage } from './view.ts';

const loginForm = element<HTMLFormElement>('login');
const composeForm = element<HTMLFormElement>('compose');

/** What the person does with the page. Each promise settles when it is done; what it rejects with is shown. */
export interface Actions {
  readonly login: (name: string, password: string) => Promise<void>;
  readonly post: (text: string) => Promise<void>;
}

/** Makes the forms work. Until then their buttons are disabled. */
export function listenToForms({ login, post }: Actions): void {
  onSubmit(loginForm, 'login', (field) => login(field('name'), field('password')));
  onSubmit(composeForm, 'posts', (field) => post(field('text')));
  composeForm.addEventListener('input', showCount);
  composeForm.addEventListener('reset', () => showMessage(element('count'), undefined));
  for (const button of loginForm.querySelectorAll<HTMLButtonElement>('.account')) {
    button.addEventListener('click', () => fillIn(button.dataset));
  }
}

/** Says something in the form that is there to log in. */
export function showLoginMessage(message: string | undefined): void {
  showMessage(errorOf(loginForm), message);
}

function onSubmit(
  form: HTMLFormElement,
  service: string,
  act: (field: (name: string) => string) => Promise<void>,
): void {
  const button = form.querySelector<HTMLButtonElement>('[type=submit]');
  if (!button) throw new Error('a form without a button');
  const submit = async (): Promise<void> => {
    const data = new FormData(form);
    button.disabled = true;
    showMessage(errorOf(form), undefined);
    try {
      await act((name) => textOf(data, name));
      form.reset();
    } catch (error) {
      showMessage(errorOf(form), explain(error, service), missing(error, service));
    } finally {
      button.disabled = false;
    }
  };
  button.disabled = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
}

function textOf(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === 'string' ? value : '';
}

function errorOf(form: HTMLFormElement): HTMLElement {
  const place = form.querySelector<HTMLElement>('.error');
  if (!place) throw new Error('a form without a place for errors');
  return place;
}

function fillIn(account: DOMStringMap): void {
  for (const name of ['name', 'password']) {
    const input = loginForm.querySelector<HTMLInputElement>(`[name=${name}]`);
    if (input) input.value = account[name] ?? '';
  }
}

function showCount(): void {
  const { length } = textOf(new FormData(composeForm), 'text');
  showMessage(element('count'), length > MAX_TEXT * 0.8 ? `${length} of ${MAX_TEXT} characters` : undefined);
}
