import { type App, event, procedure } from 'rocade/app';

/** The same as a class: whoever runs it makes the object, and hands it the app. */
// oxlint-disable-next-line import/no-default-export
export default class Counter {
  readonly #app: App;
  #count = 0;

  constructor(app: App) {
    this.#app = app;
    app.onStart(() => app.log.info('counting'));
    app.onStop(() => app.log.info(`counted to ${this.#count}`));
  }

  @procedure('counter.add')
  add([by = 1]: readonly number[]): number {
    this.#count += by;
    void this.#app.client.publish('counter.changed', [this.#count]);
    return this.#count;
  }

  @event('counter.reset')
  reset(): void {
    this.#count = 0;
  }
}
