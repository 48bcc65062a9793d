// 10,000 events a second: every 10 ms as many as are due. Each is a number to tell gaps by, and a value.
import { connect } from 'rocade';

const [, , url = 'ws://localhost:9000', perSecond = '10000', count = 'Infinity'] = process.argv;
const client = await connect(url);
const start = performance.now();
let sent = 0;

const timer = setInterval(() => {
  const due = Math.min(((performance.now() - start) / 1000) * Number(perSecond), Number(count));
  // A slow connection is not swamped: what is due waits until the rest is on its way.
  for (; sent < due && (client.session?.bufferedAmount ?? Infinity) < 1_000_000; sent++) {
    void client.publish('charts.value', [sent, Math.sin(sent / 3000) + Math.random() / 4]);
  }
  if (sent < Number(count)) return;
  clearInterval(timer);
  void client.close();
}, 10);
console.log(`publishing ${perSecond} events a second`);
