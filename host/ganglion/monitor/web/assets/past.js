// What was received lately, within bounds: bursts and the neurons that fired in them.
const MOST_BURSTS = 16384, MOST_SPIKES = 2_000_000;

// A message: run u32, count u32, then per burst number u32, neurons u16, zero u16, neurons.
export function decode(buffer) {
  const view = new DataView(buffer), bursts = [];
  const run = view.getUint32(0, true), count = view.getUint32(4, true);
  let at = 8;
  for (let i = 0; i < count; i++) {
    const n = view.getUint16(at + 4, true);
    // A copy, or every message would be kept for its last burst. Records are 2-aligned.
    bursts.push({
      number: view.getUint32(at, true),
      neurons: new Uint16Array(buffer.slice(at + 8, at + 8 + 2 * n)),
    });
    at += 8 + 2 * n;
  }
  return { run, bursts };
}

export class Past {
  constructor(bursts = [], spikes = 0, run = 0) {
    this.bursts = bursts;
    this.spikes = spikes;
    this.run = run;
  }

  clear(run = 0) {
    this.bursts = [];
    this.spikes = 0;
    this.run = run;
  }

  add(bursts) {
    for (const burst of bursts) {
      this.bursts.push(burst);
      this.spikes += burst.neurons.length;
    }
    let drop = 0;
    // In big steps: shifting one at a time is slow.
    if (this.bursts.length > MOST_BURSTS + 2048) drop = this.bursts.length - MOST_BURSTS;
    let spikes = this.spikes;
    for (let i = 0; i < drop; i++) spikes -= this.bursts[i].neurons.length;
    while (spikes > MOST_SPIKES && drop < this.bursts.length - 1) spikes -= this.bursts[drop++].neurons.length;
    if (drop) {
      this.bursts = this.bursts.slice(drop);
      this.spikes = spikes;
    }
  }

  copy() {
    return new Past(this.bursts.slice(), this.spikes, this.run);
  }

  get last() {
    return this.bursts.length ? this.bursts[this.bursts.length - 1].number : 0;
  }
}
