// Weights of plastic synapses over time: a row each (or for some), darker is stronger, red inhibits.
import { colours } from "./raster.js";

const MOST = 600; // columns

export class Weights {
  constructor(section, canvas, list, described) {
    this.canvas = canvas;
    this.list = list;
    this.described = described;
    section.hidden = !described;
    this.clear();
    list.replaceChildren(...(described?.parts ?? []).map(([label]) => {
      const item = document.createElement("li");
      item.textContent = label;
      return item;
    }));
  }

  clear(run = 0) {
    this.run = run;
    this.columns = [];
  }

  told(now) {
    if (!this.described || !now) return;
    if (now.run !== this.run) this.clear(now.run);
    this.columns.push(...now.columns);
    if (this.columns.length > MOST) this.columns.splice(0, this.columns.length - MOST);
  }

  draw() {
    if (!this.described) return;
    const { canvas } = this, ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth * ratio, height = canvas.clientHeight * ratio;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const pen = canvas.getContext("2d"), palette = colours();
    pen.clearRect(0, 0, width, height);
    const { rows, parts, most } = this.described;
    const wide = Math.max(ratio, Math.min(8 * ratio, width / Math.max(this.columns.length, 1)));
    const shown = this.columns.slice(-Math.max(1, Math.floor(width / wide)));
    const tall = height / rows, left = width - shown.length * wide;
    shown.forEach(([, weights], i) => {
      weights.forEach((weight, row) => {
        if (!weight) return;
        pen.fillStyle = weight < 0 ? palette.OPU : palette.spike;
        pen.globalAlpha = Math.min(1, 0.15 + (0.85 * Math.abs(weight)) / most);
        pen.fillRect(left + i * wide, row * tall, wide, Math.max(tall, ratio));
      });
    });
    pen.globalAlpha = 1;
    pen.fillStyle = palette.line;
    for (const [, first] of parts.slice(1)) pen.fillRect(0, first * tall, width, ratio);
  }
}
