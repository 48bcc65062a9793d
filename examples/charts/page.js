// Events come as fast as they like; the page draws once per frame. Between frames an event costs no more than two stores.
const canvas = document.querySelector('canvas');
const drawing = canvas.getContext('2d');
const output = document.querySelector('output');

/** The lowest and the highest value of each column, in a ring. */
const lowest = new Float32Array(canvas.width);
const highest = new Float32Array(canvas.width);
const PER_COLUMN = 50;

const figures = { events: 0, missed: 0, frames: 0, longestFrameMs: 0 };
let next;

function take([number, value]) {
  if (next !== undefined && number !== next) figures.missed += number - next;
  next = number + 1;
  const column = Math.floor(figures.events++ / PER_COLUMN) % canvas.width;
  if (figures.events % PER_COLUMN === 1) {
    lowest[column] = value;
    highest[column] = value;
  } else {
    lowest[column] = Math.min(lowest[column], value);
    highest[column] = Math.max(highest[column], value);
  }
}

function draw() {
  const { width, height } = canvas;
  const y = (value) => height / 2 - (value * height) / 3;
  const newest = Math.floor(figures.events / PER_COLUMN) % width;
  drawing.clearRect(0, 0, width, height);
  drawing.strokeStyle = 'royalblue';
  drawing.beginPath();
  for (let x = 0; x < width; x++) {
    const column = (newest + 1 + x) % width;
    drawing.moveTo(x, y(lowest[column]));
    drawing.lineTo(x, y(highest[column]) - 1);
  }
  drawing.stroke();
}

let last = performance.now();
function frame(now) {
  draw();
  // The first frames are those in which the page itself is laid out.
  if (++figures.frames > 10) figures.longestFrameMs = Math.max(figures.longestFrameMs, now - last);
  last = now;
  if (figures.frames % 30 === 0)
    output.textContent = `${figures.events} events, ${figures.missed} missed, longest frame ${figures.longestFrameMs.toFixed(0)} ms`;
  requestAnimationFrame(frame);
}

const client = await rocade.connect(location.origin.replace('http', 'ws'));
await client.subscribe('charts.value', take);
requestAnimationFrame(frame);
// For who wants to measure.
globalThis.figures = figures;
