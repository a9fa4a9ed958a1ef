// The raster: time from left to right, a band of rows per area, labels beside it.
const SHADES = 16;
const LABEL = 16, TALLEST = 7; // pixels per label; and per neuron at most

export function colours(element = document.documentElement) {
  const style = getComputedStyle(element), get = (name) => style.getPropertyValue(name).trim();
  return {
    fg: get("--fg"), soft: get("--soft"), line: get("--line"), card: get("--card"),
    spike: get("--spike"), IPU: get("--ipu"), OPU: get("--opu"), CORE: get("--core"),
    MEMORY: get("--memory"), CUSTOM: get("--spike"), accent: get("--accent"), choose: get("--choose"),
  };
}

// Fits a canvas to its box, in device pixels; says whether anything changed.
export function fit(canvas, height = canvas.clientHeight) {
  const scale = window.devicePixelRatio || 1;
  const w = Math.max(1, Math.round(canvas.clientWidth * scale)), h = Math.max(1, Math.round(height * scale));
  if (canvas.width === w && canvas.height === h) return false;
  canvas.width = w;
  canvas.height = h;
  return true;
}

function rgb(colour) {
  const probe = new OffscreenCanvas(1, 1).getContext("2d");
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  return probe.getImageData(0, 0, 1, 1).data;
}

const join = (r, g, b) => (255 << 24) | (b << 16) | (g << 8) | r;
const packed = (colour) => join(...rgb(colour).slice(0, 3));

// Shades from the background to the ink; the first of them is already clear to see.
function ramp(from, to) {
  return Uint32Array.from({ length: SHADES + 1 }, (_, i) => {
    const share = i ? 0.25 + (0.75 * i) / SHADES : 0;
    return join(...[0, 1, 2].map((c) => Math.round(from[c] + (to[c] - from[c]) * share)));
  });
}

export class Raster {
  constructor(canvas, labels, brain, on) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.labels = labels;
    this.areas = brain.areas.filter((area) => area.count > 0);
    this.neurons = brain.neurons;
    this.on = on;
    this.first = this.last = 0;
    this.each = 1;
    this.theme = "";
    this.selected = -1;
    this.buttons = this.areas.map((area) => this.label(area));
    labels.replaceChildren(...this.buttons);
    this.span = null; // bursts from edge to edge that a person chose; null: about twelve seconds
    this.end = null; // the last burst shown; null: the newest
    this.moved = 0;
    canvas.onclick = (event) => this.moved < 4 && this.clicked(event);
    canvas.ondblclick = () => this.follow();
    canvas.onpointerdown = (event) => {
      this.moved = 0;
      if (event.isTrusted) canvas.setPointerCapture(event.pointerId);
    };
    canvas.onpointermove = (event) => {
      if (!event.buttons) return;
      this.moved += Math.abs(event.movementX);
      if (this.moved >= 4) this.scroll(-event.movementX / Math.max(1, canvas.clientWidth));
    };
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.scroll(event.deltaX / canvas.clientWidth);
      else this.zoom(2 ** (event.deltaY / 400));
    }, { passive: false });
  }

  get live() {
    return this.end === null && this.span === null;
  }

  get width() {
    return Math.max(1, (this.shown ?? 1) * this.each);
  }

  zoom(by) {
    this.span = Math.min(16384, Math.max(20, (this.span ?? this.width) * by));
  }

  // By a share of what is shown; on at the newest burst it follows again.
  scroll(by) {
    if (this.end === null && by >= 0) return;
    this.span ??= this.width;
    const end = (this.end ?? this.newest) + by * this.span;
    this.end = end >= this.newest ? null : Math.max(end, Math.min(this.newest, this.oldest + this.span));
  }

  follow() {
    this.span = this.end = null;
  }

  label(area) {
    const button = document.createElement("button"), name = document.createElement("span"), rate = document.createElement("span");
    name.textContent = area.name;
    button.append(name, rate);
    button.title = `${area.name} (${area.id}): ${area.count.toLocaleString("en")} neurons. The share of them that fires per burst, over the last second.`;
    button.onclick = () => this.on.select(area.index);
    return button;
  }

  // Every area gets room for its label; what is left goes by the root of its size.
  layout() {
    const wanted = Math.max(innerHeight - this.canvas.getBoundingClientRect().top - scrollY - 70, 260);
    const least = LABEL * this.areas.length;
    const most = this.areas.reduce((sum, area) => sum + Math.max(LABEL, TALLEST * area.count), 0);
    const height = Math.min(Math.max(wanted, least), Math.max(most, least));
    const weights = this.areas.map((area) => Math.sqrt(area.count));
    const total = weights.reduce((a, b) => a + b, 0) || 1;
    let y = 0;
    this.bands = this.areas.map((area, i) => {
      const tall = LABEL + ((height - least) * weights[i]) / total;
      const band = { area, top: y, bottom: y + tall };
      y += tall;
      return band;
    });
    this.height = y;
    this.canvas.style.height = `${y}px`;
    this.labels.style.height = `${y}px`;
    this.buttons.forEach((button, i) => {
      button.style.top = `${(this.bands[i].top + this.bands[i].bottom) / 2}px`;
    });
  }

  prepare() {
    const width = this.canvas.clientWidth, theme = getComputedStyle(document.body).color;
    const shape = `${width} ${innerHeight} ${devicePixelRatio} ${theme}`;
    if (shape === this.shape) return;
    this.shape = shape;
    this.layout();
    fit(this.canvas, this.height);
    const scale = this.canvas.height / this.height, palette = colours();
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.hits = new Uint16Array(this.pixels.length);
    this.row = new Uint16Array(this.neurons);
    this.tall = new Uint8Array(this.neurons);
    this.shades = new Array(this.canvas.height); // per line of pixels: none to all
    this.most = new Float32Array(this.canvas.height); // neurons that share it
    const card = rgb(palette.card), line = [packed(palette.line)];
    for (const { area, top, bottom } of this.bands) {
      const from = Math.round(top * scale) + 1, rows = Math.max(1, Math.round(bottom * scale) - from - 1);
      const each = rows / area.count, tall = Math.max(1, Math.floor(each * 0.8));
      const shades = ramp(card, rgb(palette[area.group] ?? palette.spike));
      for (let y = from; y < from + rows; y++) {
        this.shades[y] = shades;
        this.most[y] = Math.max(1, area.count / rows);
      }
      for (let i = 0; i < area.count; i++) {
        this.row[area.first + i] = from + Math.min(rows - tall, Math.floor(i * each));
        this.tall[area.first + i] = Math.min(tall, rows);
      }
      if (top > 0) this.shades[from - 1] = line;
    }
  }

  // Few enough bursts per pixel that about twelve seconds fit; a power of two, so that it stays.
  draw(past, pace) {
    this.prepare();
    const { width, height } = this.canvas, { bursts } = past;
    const dot = Math.max(1, Math.round(devicePixelRatio));
    const columns = Math.max(1, Math.floor(width / dot));
    const asked = this.span ?? pace * 12, wanted = Math.log2(Math.max(1, asked / columns));
    if (this.span !== null) this.each = 2 ** Math.ceil(wanted - 0.2);
    else if (Math.abs(wanted - Math.log2(this.each)) > 0.8) this.each = 2 ** Math.round(wanted);
    const widest = this.span === null ? 6 : 40;
    const wide = this.each === 1 ? Math.max(dot, Math.min(widest, Math.floor(width / (this.span ?? Math.max(pace * 12, 120))))) : dot;
    this.newest = past.last;
    this.oldest = bursts.length ? bursts[0].number : 0;
    this.last = this.end === null ? past.last : Math.min(past.last, Math.round(this.end));
    const shown = Math.floor(width / wide), newest = Math.floor(this.last / this.each);
    this.first = (newest - shown + 1) * this.each;
    this.hits.fill(0);
    for (let i = bursts.length - 1; i >= 0; i--) {
      const column = shown - 1 - newest + Math.floor(bursts[i].number / this.each);
      if (column < 0) break;
      if (column >= shown) continue;
      const { neurons } = bursts[i], x = column * wide;
      for (let k = 0; k < neurons.length; k++) {
        const n = neurons[k];
        let at = this.row[n] * width + x;
        for (let t = this.tall[n]; t > 0; t--, at += width)
          for (let d = 0; d < wide; d++) this.hits[at + d]++;
      }
    }
    this.paint(width, height);
    this.shown = shown;
    this.wide = wide;
    this.context.putImageData(this.image, 0, 0);
  }

  // The more of what shares a pixel fired, the stronger it is; one spike always shows.
  paint(width, height) {
    for (let y = 0, at = 0; y < height; y++) {
      const shades = this.shades[y], end = at + width;
      if (!shades) this.pixels.fill(0, at, end);
      else if (shades.length === 1) this.pixels.fill(shades[0], at, end);
      else {
        const most = this.most[y] * this.each;
        for (let i = at; i < end; i++) {
          const hits = this.hits[i];
          this.pixels[i] = hits ? shades[Math.min(SHADES, Math.ceil(SHADES * Math.sqrt(hits / most)))] : 0;
        }
      }
      at = end;
    }
  }

  // Everything beside and below it too, on paper: for a file.
  picture(title, verdict, rate, key) {
    const scale = this.canvas.width / this.canvas.clientWidth, palette = colours();
    const left = 180, top = 34, gap = 10, width = this.canvas.clientWidth, tall = rate.clientHeight;
    const made = document.createElement("canvas"), pen = made.getContext("2d");
    made.width = (left + width + gap) * scale;
    made.height = (top + this.height + 24 + tall + 34) * scale;
    pen.scale(scale, scale);
    pen.fillStyle = palette.card;
    pen.fillRect(0, 0, made.width, made.height);
    const say = (text, x, y, colour, align = "left", font = "12px system-ui, sans-serif") => {
      Object.assign(pen, { fillStyle: colour, textAlign: align, font });
      pen.fillText(text, x, y);
    };
    say(`${title}: ${verdict}`, 10, 21, palette.fg, "left", "600 14px system-ui, sans-serif");
    for (const { area, top: from, bottom } of this.bands)
      say(area.name.slice(0, 28), left - 8, top + (from + bottom) / 2 + 4, palette[area.group] ?? palette.fg, "right");
    pen.drawImage(this.canvas, left, top, width, this.height);
    const below = top + this.height + 15;
    say(this.first > 0 ? this.first.toLocaleString("en") : "", left, below, palette.soft);
    say("burst", left + width / 2, below, palette.soft, "center");
    say(this.last.toLocaleString("en"), left + width, below, palette.soft, "right");
    say("firing", left - 8, below + 9 + tall / 2, palette.soft, "right");
    pen.drawImage(rate, left, below + 9, width, tall);
    let x = left;
    for (const item of key) {
      say(`■ ${item.textContent}`, x, below + tall + 30, palette[item.dataset.group] ?? palette.fg);
      x += pen.measureText(`■ ${item.textContent}`).width + 16;
    }
    return made;
  }

  told(tick) {
    this.buttons.forEach((button, i) => {
      const { index } = this.areas[i], rate = tick.rates[index];
      button.lastChild.textContent = `${rate.toFixed(1)}%`;
      if (this.selected !== tick.selected)
        button.setAttribute("aria-pressed", String(index === tick.selected));
    });
    this.selected = tick.selected;
  }

  clicked(event) {
    const y = event.offsetY;
    const band = this.bands.find(({ top, bottom }) => y >= top && y < bottom);
    if (!band) return;
    const share = Math.min(0.999, Math.max(0, (y - band.top) / (band.bottom - band.top)));
    this.on.select(band.area.index);
    this.on.follow(band.area.first + Math.floor(share * band.area.count));
  }
}
