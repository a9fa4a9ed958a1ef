// The areas as boxes where the genome puts them, as bright as they fire.
import { colours, fit } from "./raster.js";

const CORNERS = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1]);
const FACES = [[0, 1, 3, 2], [4, 5, 7, 6], [0, 1, 5, 4], [2, 3, 7, 6], [0, 2, 6, 4], [1, 3, 7, 5]];

export class Space {
  constructor(canvas, brain, select) {
    this.canvas = canvas;
    this.areas = brain.areas.filter((area) => area.count > 0);
    this.select = select;
    this.yaw = -0.6;
    this.pitch = 0.45;
    this.level = new Float64Array(brain.areas.length);
    this.shapes = [];
    this.moved = 0;
    this.pointed = null; // the area under the pointer
    canvas.onpointerdown = (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.moved = 0;
    };
    canvas.onpointermove = (event) => {
      if (!event.buttons) {
        this.pointed = this.hit(event)?.area.index ?? null;
        return;
      }
      this.moved += Math.abs(event.movementX) + Math.abs(event.movementY);
      this.yaw += event.movementX / 120;
      this.pitch = Math.max(-1.5, Math.min(1.5, this.pitch + event.movementY / 120));
    };
    canvas.onclick = (event) => {
      if (this.moved > 4) return;
      const hit = this.hit(event);
      if (hit) this.select(hit.area.index);
    };
    canvas.onpointerleave = () => (this.pointed = null);
  }

  hit({ offsetX, offsetY }) {
    return this.shapes.findLast(({ path }) => path.some((p) => this.context.isPointInPath(p, offsetX * this.scale, offsetY * this.scale)));
  }

  project([x, y, z]) {
    const cy = Math.cos(this.yaw), sy = Math.sin(this.yaw), cp = Math.cos(this.pitch), sp = Math.sin(this.pitch);
    const rx = cy * x + sy * z, rz = -sy * x + cy * z;
    return [rx, -(cp * y - sp * rz), sp * y + cp * rz]; // right, down, toward the eye
  }

  draw(rates, selected) {
    fit(this.canvas);
    const context = (this.context = this.canvas.getContext("2d")), scale = (this.scale = devicePixelRatio || 1);
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight, palette = colours();
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const boxes = this.areas.map((area) => ({
      area,
      corners: CORNERS.map((corner) => this.project(corner.map((c, i) => area.position[i] + c * area.dimensions[i]))),
    }));
    const all = boxes.flatMap(({ corners }) => corners), pad = 16;
    const [x0, x1] = extent(all.map((p) => p[0])), [y0, y1] = extent(all.map((p) => p[1]));
    const zoom = Math.min((width - 2 * pad) / (x1 - x0 || 1), (height - 2 * pad - 10) / (y1 - y0 || 1));
    const place = ([x, y]) => [width / 2 + (x - (x0 + x1) / 2) * zoom, height / 2 + 4 + (y - (y0 + y1) / 2) * zoom];
    boxes.sort((a, b) => depth(a.corners) - depth(b.corners));
    this.shapes = boxes.map(({ area, corners }) => {
      const target = Math.min(1, Math.sqrt(rates[area.index] / 25));
      const level = (this.level[area.index] += (target - this.level[area.index]) * 0.25);
      return this.box(context, area, corners.map(place), level, area.index === selected, palette);
    });
    this.name(context, selected, palette, width);
    if (this.pointed !== null && this.pointed !== selected) this.name(context, this.pointed, palette, width);
  }

  box(context, area, points, level, chosen, palette) {
    // A box smaller than a few pixels would not be seen at all.
    const [cx, cy] = [0, 1].map((i) => points.reduce((sum, p) => sum + p[i], 0) / 8);
    const size = Math.max(...points.map(([x, y]) => Math.hypot(x - cx, y - cy)), 1e-6);
    if (size < 4) points = points.map(([x, y]) => [cx + ((x - cx) * 4) / size, cy + ((y - cy) * 4) / size]);
    const path = FACES.map((face) => {
      const one = new Path2D();
      face.forEach((corner, i) => (i ? one.lineTo(...points[corner]) : one.moveTo(...points[corner])));
      one.closePath();
      return one;
    });
    const colour = palette[area.group] ?? palette.spike;
    context.strokeStyle = chosen ? palette.accent : palette.soft;
    context.lineWidth = chosen ? 2 : 0.6;
    for (const face of path) {
      context.globalAlpha = 0.06 + 0.5 * level;
      context.fillStyle = colour;
      context.fill(face);
      context.globalAlpha = chosen ? 1 : 0.75;
      context.stroke(face);
    }
    context.globalAlpha = 1;
    return { area, path, top: Math.min(...points.map((p) => p[1])), middle: cx };
  }

  name(context, selected, palette, width) {
    const shape = this.shapes.find(({ area }) => area.index === selected);
    if (!shape) return;
    context.font = "600 12px system-ui, sans-serif";
    const half = context.measureText(shape.area.name).width / 2 + 2;
    context.textAlign = "center";
    context.fillStyle = palette.fg;
    context.fillText(shape.area.name, Math.min(width - half, Math.max(half, shape.middle)), Math.max(11, shape.top - 5));
  }
}

const depth = (corners) => corners.reduce((sum, corner) => sum + corner[2], 0);
const extent = (values) => [Math.min(...values), Math.max(...values)];
