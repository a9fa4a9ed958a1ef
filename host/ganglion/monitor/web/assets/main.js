// The page: one socket, what it says, and what a person presses.
import { Raster } from "./raster.js";
import { RatePlot, TracePlot } from "./plots.js";
import { Space } from "./space.js";
import { Robot } from "./robot.js";
import { decode, Past } from "./past.js";

const $ = (id) => document.getElementById(id);
const past = new Past();
let brain = null, tick = null, socket = null, paused = null;
let raster = null, space = null, robot = null;
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
  space = new Space($("space"), brain, (area) => wish({ do: "select", area }));
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
  for (const line of tick.said) log(line);
  if (tick.trace) {
    trace.add(tick.trace);
    $("trace-label").textContent = `neuron ${tick.trace.neuron}, ${tick.trace.label}`;
  }
  raster.told(tick);
  robot.told(tick.robot);
  if (tick.robot?.collisions != null) $("robot-now").textContent = `${tick.robot.collisions} collisions`;
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

function figures(rows) {
  const list = $("figures");
  while (list.children.length > rows.length) list.lastChild.remove();
  rows.forEach(([name, value, warn], i) => {
    const row = list.children[i] ?? list.appendChild(document.createElement("div"));
    if (!row.children.length) row.append(document.createElement("dt"), document.createElement("dd"));
    row.className = warn ? "warn" : "";
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

const actions = {
  pause, inject: () => wish({ do: "inject" }), mark: () => wish({ do: "mark" }),
  record: () => wish({ do: "record" }), run: () => wish({ do: "run" }),
};
for (const [id, action] of Object.entries(actions)) $(id).addEventListener("click", action);
const keys = { " ": "pause", p: "pause", i: "inject", m: "mark", r: "record", s: "run" };
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof HTMLButtonElement && event.key === " ") return;
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
  $("span-left").textContent = raster.first > 0 ? number(raster.first) : "";
  $("span-right").textContent = number(raster.last);
  rate.draw(shown, brain.neurons, raster);
  $("rate-now").textContent = `${rate.now.toFixed(1)} % firing`;
  if (!paused) trace.draw();
  space.draw(tick.rates, tick.selected);
  if (!paused) robot.draw();
  // At most 20 pictures a second, and never more than a quarter of the time.
  next = now + Math.max(50, 4 * (performance.now() - begun));
}

connect();
requestAnimationFrame(frame);
