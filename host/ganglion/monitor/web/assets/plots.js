// Two small plots: how many neurons fire, and one neuron's membrane potential.
import { colours, fit } from "./raster.js";

const KEPT = 2000;

function clear(canvas) {
  fit(canvas);
  const context = canvas.getContext("2d"), scale = devicePixelRatio || 1;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  context.font = "11px system-ui, sans-serif";
  return context;
}

// A round number not below `value`.
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

export class RatePlot {
  constructor(canvas) {
    this.canvas = canvas;
    this.now = 0;
    this.top = 1;
  }

  // The same columns as the raster above it.
  draw(past, neurons, raster) {
    const context = clear(this.canvas), palette = colours();
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight - 4, left = 34;
    const points = Math.max(2, Math.min(raster.shown ?? 2, width - left));
    const each = raster.each, newest = Math.floor(raster.last / each);
    const sums = new Float64Array(points), counts = new Uint32Array(points);
    for (let i = past.bursts.length - 1; i >= 0; i--) {
      const column = points - 1 - newest + Math.floor(past.bursts[i].number / each);
      if (column < 0) break;
      if (column >= points) continue;
      sums[column] += past.bursts[i].neurons.length;
      counts[column]++;
    }
    const shares = sums.map((sum, i) => (counts[i] ? (100 * sum) / counts[i] / neurons : 0));
    const ended = counts[points - 1] === each ? points - 1 : points - 2;
    this.now = shares[Math.max(0, ended)];
    const most = Math.max(...shares, 0.1);
    if (most > this.top || most < this.top / 3) this.top = ceiling(most);
    context.fillStyle = palette.soft;
    context.textAlign = "right";
    context.fillText(`${this.top}%`, left - 4, 10);
    context.fillText("0", left - 4, height);
    context.fillStyle = palette.spike;
    const step = (width - left) / points, outline = new Path2D();
    outline.moveTo(left, height);
    shares.forEach((share, i) => {
      const y = height - (share / this.top) * (height - 2);
      outline.lineTo(left + i * step, y);
      outline.lineTo(left + (i + 1) * step, y);
    });
    outline.lineTo(width, height);
    context.fill(outline);
    context.fillStyle = palette.line;
    context.fillRect(left, height, width - left, 1);
  }
}

export class TracePlot {
  constructor(canvas) {
    this.canvas = canvas;
    this.clear();
  }

  clear() {
    this.neuron = null;
    this.points = [];
    this.threshold = 1;
  }

  add({ neuron, threshold, points }) {
    const again = points.length && this.points.length && points[0][0] <= this.points[this.points.length - 1][0];
    if (neuron !== this.neuron || again) this.points = [];
    this.neuron = neuron;
    this.threshold = threshold;
    this.points.push(...points);
    if (this.points.length > KEPT) this.points = this.points.slice(-KEPT);
  }

  // The latest bursts; or with a window, those from its first to its last.
  draw(window) {
    const context = clear(this.canvas), palette = colours();
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight, left = 46, top = 14;
    if (this.neuron === null) return;
    const most = Math.max(50, Math.min(400, width - left));
    const inside = window ? this.points.filter(([b]) => b >= window.first && b <= window.last) : this.points;
    const shown = inside.slice(-most);
    let low = Math.min(0, this.threshold), high = Math.max(0, this.threshold);
    for (const [, v, , reached] of shown) {
      low = Math.min(low, v, reached);
      high = Math.max(high, v, reached);
    }
    const span = high - low || 1, y = (v) => top + ((high - v) / span) * (height - top - 6);
    const x = (i) => left + ((i + 0.5) * (width - left)) / Math.max(shown.length, 1);
    context.textAlign = "right";
    context.fillStyle = palette.soft;
    context.fillText(short(high), left - 5, y(high) + 4);
    if (Math.abs(y(low) - y(high)) > 12) context.fillText(short(low), left - 5, y(low) + 3);
    context.strokeStyle = palette.soft;
    context.setLineDash([4, 3]);
    line(context, [[left, y(this.threshold)], [width, y(this.threshold)]]);
    context.setLineDash([]);
    context.fillText("threshold", width - 2, y(this.threshold) - 3);
    context.strokeStyle = palette.fg;
    // Up to what was compared with the threshold, then down to what was kept.
    const each = (width - left) / Math.max(shown.length, 1);
    line(context, shown.flatMap(([, v, , reached], i) => [[x(i), y(reached)], [x(i), y(v)], [x(i) + each, y(v)]]));
    if (!shown.length) context.fillText("no potentials of these bursts are kept", width - 2, height - 8);
    context.fillStyle = palette.OPU;
    shown.forEach(([, , fired], i) => {
      if (fired) context.fillRect(x(i) - 1, 1, 2, top - 4);
    });
  }
}

const short = (value) => (Math.abs(value) >= 1000 || (value && Math.abs(value) < 0.01) ? value.toExponential(1) : String(Math.round(value * 100) / 100));

function line(context, points) {
  context.beginPath();
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}
