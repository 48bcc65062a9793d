/** What can be called and heard on this site: services, tests and pages keep to it, and the compiler sees that they do. */
export interface Site {
  procedures: {
    'guestbook.sign': (name: string, text: string) => Entry;
    'guestbook.list': () => Entry[];
  };
  topics: {
    'guestbook.signed': [entry: Entry];
    'clock.tick': [time: string];
  };
}

export interface Entry {
  readonly name: string;
  readonly text: string;
}
