// The robot: its room, its track, its sensors and its motors.
export class Robot {
  constructor(section, canvas, list, described) {
    this.canvas = canvas;
    this.list = list;
    this.described = described;
    this.clear();
    section.hidden = !described;
    canvas.hidden = !described?.walls.length;
    this.box = null;
    if (canvas.hidden) return;
    const xs = described.walls.flatMap((w) => [w[0], w[2]]), ys = described.walls.flatMap((w) => [w[1], w[3]]);
    this.box = { left: Math.min(...xs), top: Math.max(...ys) };
    this.box.width = Math.max(...xs) - this.box.left || 1;
    this.box.height = this.box.top - Math.min(...ys) || 1;
    canvas.style.aspectRatio = Math.min(Math.max(this.box.width / this.box.height, 0.7), 3);
  }

  clear() {
    this.track = [];
    this.poses = 0;
    this.now = null;
    this.most = []; // the largest figure of each part so far: the length of its bar is a share of it
  }

  told(now) {
    if (!this.described || !now) return;
    if (now.poses < this.poses) this.clear();
    this.poses = now.poses;
    this.track.push(...now.track);
    if (this.track.length > 20000) this.track.splice(0, this.track.length - 20000);
    this.now = now;
    const { sensors, motors } = this.described;
    const rows = [
      ...sensors.map((name, i) => ["sensor", i, name, now.raw[i], now.states[i] === "failed" ? "stale" : ""]),
      ...motors.map((name, i) => ["motor", i, name, now.driven[i], now.still ? "held still" : ""]),
    ];
    while (this.list.children.length > rows.length) this.list.lastChild.remove();
    rows.forEach(([kind, at, name, value, remark], i) => {
      const row = this.list.children[i] ?? this.list.appendChild(document.createElement("div"));
      if (!row.children.length) row.append(document.createElement("dt"), document.createElement("dd"));
      this.most[i] = Math.max(this.most[i] ?? 0, Math.abs(value ?? 0));
      row.className = `${kind}${remark ? " warn" : ""}`;
      row.style.gridRow = at + 1;
      row.style.setProperty("--share", `${this.most[i] ? (100 * Math.abs(value ?? 0)) / this.most[i] : 0}%`);
      row.children[0].textContent = name;
      row.children[1].textContent = `${value?.toLocaleString("en") ?? "–"} ${remark}`;
    });
  }

  draw() {
    if (!this.box || !this.now) return;
    const { canvas } = this, ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth * ratio, height = canvas.clientHeight * ratio;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const pen = canvas.getContext("2d"), style = getComputedStyle(canvas);
    const walls = this.described.walls;
    const { left, top } = this.box, edge = 6 * ratio;
    const scale = Math.min((width - 2 * edge) / this.box.width, (height - 2 * edge) / this.box.height);
    const at = (x, y) => [edge + (x - left) * scale, edge + (top - y) * scale];
    pen.clearRect(0, 0, width, height);
    pen.lineWidth = 2 * ratio;
    pen.strokeStyle = style.getPropertyValue("--fg");
    for (const [x1, y1, x2, y2] of walls) line(pen, [at(x1, y1), at(x2, y2)]);
    pen.lineWidth = ratio;
    pen.strokeStyle = style.getPropertyValue("--ipu");
    line(pen, this.track.map(([x, y]) => at(x, y)));
    pen.fillStyle = style.getPropertyValue("--opu");
    for (const [x, y, touches] of this.track) {
      if (!touches) continue;
      const [px, py] = at(x, y);
      pen.fillRect(px - ratio, py - ratio, 2 * ratio, 2 * ratio);
    }
    if (!this.now.pose) return;
    const [x, y, degrees] = this.now.pose, [px, py] = at(x, y), r = this.described.radius * scale;
    const angle = (degrees * Math.PI) / 180;
    pen.strokeStyle = style.getPropertyValue("--opu");
    pen.beginPath();
    pen.arc(px, py, r, 0, 7);
    pen.moveTo(px, py);
    pen.lineTo(px + r * Math.cos(angle), py - r * Math.sin(angle));
    pen.stroke();
  }
}

function line(pen, points) {
  pen.beginPath();
  points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
}
