// The page: one socket, what it says, and what a person presses.
import { Raster } from "./raster.js";
import { RatePlot, TracePlot } from "./plots.js";
import { Space } from "./space.js";
import { Robot } from "./robot.js";
import { Weights } from "./weights.js";
import { decode, Past } from "./past.js";

const $ = (id) => document.getElementById(id);
const past = new Past();
let brain = null, tick = null, socket = null, paused = null;
let raster = null, space = null, robot = null, weights = null;
const rate = new RatePlot($("rate")), trace = new TracePlot($("trace"));

function wish(what) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(what));
}

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/stream`);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => (typeof data === "string" ? told(JSON.parse(data)) : spikes(data));
  socket.onclose = () => {
    verdict("gone", "no connection; trying again");
    setTimeout(connect, 1000);
  };
}

function told(message) {
  if (message.type === "brain") begin(message);
  else show(message);
}

function begin(message) {
  brain = message;
  document.title = `Ganglion: ${brain.title}`;
  $("title").textContent = brain.title;
  past.clear();
  trace.clear();
  raster = new Raster($("raster"), $("labels"), brain, {
    select: (area) => wish({ do: "select", area }),
    follow: (neuron) => wish({ do: "follow", neuron }),
  });
  robot = new Robot($("robot"), $("room"), $("parts"), brain.robot);
  $("key").replaceChildren(...keyOf(brain.areas));
  weights = new Weights($("learning"), $("weights"), $("projections"), brain.weights);
  space = new Space($("space"), brain, (area) => wish({ do: "select", area }));
}

// The colours that this brain has, and what they stand for.
const GROUPS = { IPU: "sensors (IPU)", OPU: "motors (OPU)", CUSTOM: "areas between", MEMORY: "memory", CORE: "core" };
function keyOf(areas) {
  return Object.entries(GROUPS)
    .filter(([group]) => areas.some((area) => area.group === group && area.count))
    .map(([group, words]) => {
      const item = document.createElement("span");
      item.dataset.group = group;
      item.textContent = words;
      return item;
    });
}

function spikes(data) {
  const { run, bursts } = decode(data);
  if (run !== past.run) past.clear(run);
  past.add(bursts);
}

function show(message) {
  tick = message;
  verdict(tick.verdict.state, tick.verdict.text);
  const stats = tick.stats, losses = tick.losses;
  const gone = losses.missing + losses.incomplete, frames = losses.lost + losses.damaged;
  figures([
    ["burst", number(tick.last)],
    ...(brain.period_us ? [["time", `${((tick.last * brain.period_us) / 1e6).toFixed(1)} s`]] : []),
    ["pace", `${tick.pace.toFixed(1)}/s`],
    ["burst time", burstTime(stats)],
    ["late", number(stats?.late ?? 0), stats?.late > 0],
    ["heap", stats ? `${number(Math.round(stats.heap_free / 1024))} KiB` : "–"],
    ["lost", `${number(gone)} bursts, ${number(frames)} frames`, gone + frames > 0],
    ["dropped", number(losses.dropped), losses.dropped > 0],
    ["link", `${(tick.link / 1024).toFixed(1)} KiB/s`],
    ...(tick.skipped ? [["not shown", number(tick.skipped)]] : []),
  ]);
  const area = brain.areas[tick.selected];
  $("inject").disabled = !area?.input || !tick.running;
  $("run").textContent = tick.running ? "Stop" : "Start";
  $("record").setAttribute("aria-pressed", String(tick.recording !== null));
  $("record").textContent =
    tick.recording === null ? "Record" : `Recording ${number(Math.round(tick.recording / 1024))} KiB`;
  $("recording").hidden = tick.recorded === null;
  if (tick.recorded !== null) $("recording").download = tick.recorded;
  for (const line of tick.said) log(line);
  if (tick.trace) {
    if (trace.neuron !== tick.trace.neuron && lies(tick.trace, area)) offer(tick.trace);
    trace.add(tick.trace);
    $("trace-label").textContent = `neuron ${tick.trace.neuron}, ${tick.trace.label}`;
  } else if (tick.verdict.state === "off") $("trace-label").textContent = "not known: no reference runs beside the device";
  if (area && $("aim-area").textContent !== area.name) {
    $("aim-area").textContent = area.name;
    offer(lies(tick.trace, area) ? tick.trace : area);
  }
  $("aim-go").disabled = !area?.input || !tick.running;
  raster.told(tick);
  robot.told(tick.robot);
  weights.told(tick.weights);
  $("weights-now").textContent = tick.weights?.said ?? "";
  if (tick.robot?.collisions != null) $("robot-now").textContent = `${tick.robot.collisions} collisions`;
}

const lies = (followed, area) => followed && area && followed.neuron >= area.first && followed.neuron < area.first + area.count;

// Another neuron is followed, or another area selected: what makes it fire is offered as input.
function offer({ voxel, threshold }) {
  $("voxel").value = voxel.join(",");
  $("amount").value = String(Number(threshold.toPrecision(6)));
}

const number = (value) => value.toLocaleString("en");

function burstTime(stats) {
  if (!stats) return "–";
  const of = brain.period_us ? ` of ${number(brain.period_us)}` : "";
  return `${number(stats.mean_us)}${of} µs, max ${number(stats.max_us)}`;
}

function verdict(state, text) {
  $("verdict").dataset.state = state;
  $("verdict-text").textContent = text;
}

// What each figure means, for who points at it.
const MEANING = {
  burst: "The newest burst: one step in which every neuron is updated once",
  time: "Burst times the period of this run",
  pace: "Bursts that came in a second, over the last two seconds",
  "burst time": "How long the device computed per burst, by its own clock, over its last report: the mean, the period that it had, and the longest",
  late: "Bursts that began after their time since the run began",
  heap: "Memory that is free on the device",
  lost: "Bursts that did not come whole, and frames that were damaged or missing on the line",
  dropped: "Frames that the device left out because the line was too slow",
  link: "What comes over the line in a second",
  "not shown": "Bursts that this page was too slow for; they were compared all the same",
};

function figures(rows) {
  const list = $("figures");
  while (list.children.length > rows.length) list.lastChild.remove();
  rows.forEach(([name, value, warn], i) => {
    const row = list.children[i] ?? list.appendChild(document.createElement("div"));
    if (!row.children.length) row.append(document.createElement("dt"), document.createElement("dd"));
    row.className = warn ? "warn" : "";
    if (row.dataset.tip !== MEANING[name]) {
      row.dataset.tip = MEANING[name] ?? "";
      row.tabIndex = 0;
      row.setAttribute("aria-description", row.dataset.tip);
    }
    row.children[0].textContent = name;
    row.children[1].textContent = value;
  });
}

function log(line) {
  const list = $("log"), item = document.createElement("li");
  item.textContent = line;
  list.prepend(item);
  while (list.children.length > 100) list.lastChild.remove();
}

function pause() {
  paused = paused ? null : past.copy();
  $("pause").setAttribute("aria-pressed", String(paused !== null));
  $("pause").textContent = paused ? "Go on" : "Pause";
}

function aim() {
  const voxel = $("voxel").value.split(",").map(Number), amount = Number($("amount").value);
  wish({ do: "inject", area: tick?.selected, voxel, amount });
}
$("aim").addEventListener("submit", (event) => {
  event.preventDefault();
  aim();
});

async function picture() {
  const canvas = raster.picture(brain.title, $("verdict-text").textContent, rate.canvas, keyOf(brain.areas));
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `ganglion-burst-${raster.last}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const zoom = (by) => raster?.zoom(by), scroll = (by) => raster?.scroll(by);
const actions = {
  picture, in: () => zoom(0.5), out: () => zoom(2), back: () => scroll(-0.25), forth: () => scroll(0.25),
  live: () => raster?.follow(),
  pause, inject: () => wish({ do: "inject" }), mark: () => wish({ do: "mark" }),
  record: () => wish({ do: "record" }), run: () => wish({ do: "run" }),
};
for (const [id, action] of Object.entries(actions)) $(id).addEventListener("click", action);
const keys = { " ": "pause", p: "pause", i: "inject", m: "mark", r: "record", s: "run",
  "+": "in", "=": "in", "-": "out", ArrowLeft: "back", ArrowRight: "forth", End: "live" };
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof HTMLButtonElement && event.key === " ") return;
  if (event.target instanceof HTMLInputElement) return;
  const action = keys[event.key];
  if (action && !$(action).disabled) {
    event.preventDefault();
    actions[action]();
  }
});

let next = 0;
function frame(now) {
  requestAnimationFrame(frame);
  if (now < next || !brain || !tick || document.hidden) return;
  const begun = performance.now();
  const shown = paused ?? past;
  raster.draw(shown, tick.pace);
  $("live").setAttribute("aria-pressed", String(raster.live));
  $("span-left").textContent = raster.first > 0 ? number(raster.first) : "";
  $("span-right").textContent = number(raster.last);
  rate.draw(shown, brain.neurons, raster);
  $("rate-now").textContent = `${rate.now.toFixed(1)} % firing`;
  trace.draw(paused || !raster.live ? raster : null);
  space.draw(tick.rates, tick.selected);
  if (!paused) robot.draw();
  if (!paused) weights.draw();
  // At most 20 pictures a second, and never more than a quarter of the time.
  next = now + Math.max(50, 4 * (performance.now() - begun));
}

connect();
requestAnimationFrame(frame);
