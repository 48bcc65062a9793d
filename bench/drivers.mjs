// The combinations that are measured: one server, one client library. A new peer is one entry here, one file in `servers/`
// (how to start it) and one in `clients/` (how to call, register, publish and subscribe with it).

/**
 * @typedef {object} Driver
 * @property {string} id what `--only` takes
 * @property {string} title what the tables show
 * @property {string} server file in `servers/`, without extension
 * @property {string} client file in `clients/`, without extension
 * @property {boolean} [echo] the server answers by itself: there is no callee and nothing to subscribe to
 * @property {boolean} [extra] measured only when named by `--only` or with `--all`
 * @property {string} [checkout] directory of another built checkout, whose router and client are measured in place of this one's
 * @property {string} [twin] with `checkout`: the id of the driver that it is compared with
 */

/** @type {readonly Driver[]} */
export const drivers = [
  { id: 'ws', title: 'raw `ws` echo', server: 'ws-echo', client: 'ws', echo: true },
  { id: 'rocade', title: 'rocade on rocade', server: 'rocade', client: 'rocade' },
  { id: 'autobahn-rocade', title: 'autobahn-js on rocade', server: 'rocade', client: 'autobahn' },
  { id: 'rocade-crossbar', title: 'rocade on Crossbar.io', server: 'crossbar', client: 'rocade' },
  { id: 'autobahn-crossbar', title: 'autobahn-js on Crossbar.io', server: 'crossbar', client: 'autobahn' },
  { id: 'rocade-fox', title: 'rocade on fox-wamp', server: 'fox-wamp', client: 'rocade' },
  { id: 'autobahn-fox', title: 'autobahn-js on fox-wamp', server: 'fox-wamp', client: 'autobahn' },
  { id: 'nats', title: 'NATS', server: 'nats', client: 'nats' },
  { id: 'socketio', title: 'socket.io', server: 'socketio', client: 'socketio' },
  { id: 'light-rocade', title: 'light load on rocade', server: 'rocade', client: 'light' },
  { id: 'light-fox', title: 'light load on fox-wamp', server: 'fox-wamp', client: 'light', extra: true },
  { id: 'light-crossbar', title: 'light load on Crossbar.io', server: 'crossbar', client: 'light', extra: true },
];

/**
 * Each driver of which a part is rocade, followed by its twin: the same with the router and the client of another checkout.
 *
 * @param {readonly Driver[]} list
 * @param {string} checkout
 * @returns {Driver[]}
 */
export function withTwins(list, checkout) {
  return list.flatMap((driver) =>
    driver.server === 'rocade' || driver.client === 'rocade'
      ? [driver, { ...driver, id: `${driver.id}-against`, title: `${driver.title}, other`, checkout, twin: driver.id }]
      : [driver],
  );
}
