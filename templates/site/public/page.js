const client = await rocade.connect(location.origin.replace('http', 'ws'));
const find = (selector) => document.querySelector(selector);

function show({ name, text }) {
  const line = document.createElement('li');
  line.textContent = `${name}: ${text}`;
  find('ul').append(line);
}

function complain(error) {
  find('[role=alert]').textContent = error.args?.[0] ?? error.message;
}

await client.subscribe('guestbook.signed', ([entry]) => show(entry));
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

try {
  for (const entry of await client.call('guestbook.list')) show(entry);
} catch (error) {
  complain(error);
}
