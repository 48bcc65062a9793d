const find = (selector) => document.querySelector(selector);

function lineOf({ name, text }) {
  const line = document.createElement('li');
  line.textContent = `${name}: ${text}`;
  return line;
}

function complain(error) {
  find('[role=alert]').textContent = error.args?.[0] ?? error.message;
}

async function refresh() {
  try {
    find('ul').replaceChildren(...(await client.call('guestbook.list')).map(lineOf));
    find('[role=alert]').textContent = '';
  } catch (error) {
    complain(error);
    // After a restart of the site, the page may be back before the service is.
    setTimeout(refresh, 1000);
  }
}

const client = await rocade.connect(location.origin.replace('http', 'ws'), {
  on: { reconnecting: ({ error }) => complain(error) },
});
await client.subscribe('guestbook.signed', ([entry]) => find('ul').append(lineOf(entry)));
await client.subscribe('clock.tick', ([time]) => {
  find('time').textContent = new Date(time).toLocaleTimeString();
});

find('form').onsubmit = async (event) => {
  event.preventDefault();
  const { name, text } = Object.fromEntries(new FormData(event.target));
  try {
    await client.call('guestbook.sign', [name, text]);
    find('[role=alert]').textContent = '';
    event.target.elements.text.value = '';
  } catch (error) {
    complain(error);
  }
};

// What was signed before, and while there was no connection.
await refresh();
client.on('joined', refresh);
