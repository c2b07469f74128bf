// The flight at a glance: pictures, phases, curves and marks against time, under one slider.
import { clearanceColor, css, MARKS, speedColor } from "./colors.js";

const CURVES = ["clearance", "speed", "height", "battery"];
const STRIP = 34, PHASE = 12, CURVE = 20, GAP = 4, MARK = 13;

export class Timeline {
  constructor(facts, motion, film, player) {
    Object.assign(this, { facts, motion, film, player });
    this.canvas = document.getElementById("curves");
    this.slider = document.getElementById("scrub");
    Object.assign(this.slider, { min: 0, max: motion.samples - 1, step: 1, value: 0 });
    this.slider.addEventListener("input", () => player.seekSample(Number(this.slider.value)));
    this.curves = this.curveValues();
    this.addMarks();
    this.addPhases();
  }

  // Without pictures there is no strip.
  get strip() { return this.facts.film ? STRIP : 0; }

  get height() { return MARK + this.strip + PHASE + CURVES.length * (CURVE + GAP) + 3 * GAP; }

  share(time) {
    const { start, end } = this.motion;
    return end > start ? (time - start) / (end - start) : 0;
  }

  curveValues() {
    const { arrays, samples } = this.motion, { speed_limit, ceiling } = this.facts;
    const every = (of) => Float32Array.from({ length: samples }, (_, i) => of(i));
    const height = (i) => this.motion.height(i);
    const highest = Math.max(ceiling, ...every(height).filter(Number.isFinite));
    this.tops = { clearance: "3.75 m", speed: `${speed_limit.toFixed(1)} m/s`, height: `${highest.toFixed(1)} m`, battery: "100 %" };
    return {
      clearance: every((i) => arrays.clearance.values[i] / 3.75),
      speed: every((i) => this.motion.speed(i) / speed_limit),
      height: every((i) => height(i) / highest),
      battery: every((i) => arrays.battery.values[Math.min(i, samples - 2)]),
    };
  }

  addMarks() {
    const place = document.getElementById("marks");
    for (const mark of this.facts.marks) {
      const button = document.createElement("button");
      button.style.left = `${100 * this.share(mark.time)}%`;
      button.style.setProperty("--mark", MARKS[mark.kind]);
      button.className = mark.kind;
      button.title = button.ariaLabel = `${mark.time.toFixed(2)} s: ${mark.text}`;
      button.addEventListener("click", () => this.player.seekSample(mark.sample));
      place.append(button);
    }
  }

  addPhases() {
    const place = document.getElementById("phases");
    this.facts.phases.forEach((name, i) => {
      const item = document.createElement("span");
      item.style.setProperty("--phase", this.facts.phase_colors[i]);
      item.textContent = name.replaceAll("_", " ");
      place.append(item);
    });
  }

  // What stands still is drawn once for a size; `show` moves the rest over it.
  resize() {
    const { canvas } = this, ratio = Math.min(window.devicePixelRatio, 2);
    const width = canvas.clientWidth;
    canvas.width = Math.max(1, Math.round(width * ratio));
    canvas.height = Math.round(this.height * ratio);
    canvas.style.height = `${this.height}px`;
    this.still = document.createElement("canvas");
    Object.assign(this.still, { width: canvas.width, height: canvas.height });
    const pen = this.still.getContext("2d");
    const strip = document.createElement("canvas");
    Object.assign(strip, { width: canvas.width, height: Math.max(1, Math.round(this.strip * ratio)) });
    this.film.strip(strip, (share) => Math.round(share * (this.motion.samples - 2)));
    pen.drawImage(strip, 0, MARK * ratio);
    pen.scale(ratio, ratio);
    this.drawPhases(pen, width, MARK + this.strip + GAP);
    CURVES.forEach((name, row) => this.drawCurve(pen, name, width, MARK + this.strip + PHASE + (row + 2) * GAP + row * CURVE));
    this.show(this.player);
  }

  drawPhases(pen, width, y) {
    const { phase } = this.motion.arrays, steps = phase.rows;
    let first = 0;
    for (let i = 1; i <= steps; i++) {
      if (i < steps && phase.values[i] === phase.values[first]) continue;
      pen.fillStyle = this.facts.phase_colors[phase.values[first]];
      const left = width * this.share(this.motion.times[first]);
      pen.fillRect(left, y, Math.max(width * this.share(this.motion.times[i]) - left, 0.5), PHASE);
      first = i;
    }
  }

  drawCurve(pen, name, width, y) {
    const style = getComputedStyle(document.body), values = this.curves[name];
    pen.fillStyle = style.getPropertyValue("--well");
    pen.fillRect(0, y, width, CURVE);
    const rises = { clearance: (v) => css(clearanceColor(3.75 * v)), speed: (v) => css(speedColor(v)) };
    const colorOf = rises[name] ?? (() => (name === "battery" ? "#3fa66a" : "#c98a3d"));
    const { start, end } = this.motion, sampleAt = (x) => this.motion.at(start + (x / width) * (end - start)).sample;
    for (let x = 0; x < width; x++) {
      // The least of what falls on a column: a pass close by must not hide between two of them.
      const first = sampleAt(x), part = values.subarray(first, Math.max(sampleAt(x + 1), first + 1));
      const value = Math.min(Math.max(Math.min(...part), 0), 1);
      pen.fillStyle = colorOf(value);
      pen.fillRect(x, y + CURVE * (1 - value), 1, Math.max(CURVE * value, 1));
    }
    if (name === "battery") {
      pen.fillStyle = "#e0424d";
      pen.fillRect(0, y + CURVE * (1 - this.facts.reserve), width, 1);
    }
    pen.font = "600 10px system-ui, sans-serif";
    pen.lineWidth = 3;
    pen.strokeStyle = style.getPropertyValue("--well");
    const label = `${name}, 0 to ${this.tops[name]}`;
    pen.strokeText(label, 5, y + 13);
    pen.fillStyle = style.getPropertyValue("--ink");
    pen.fillText(label, 5, y + 13);
  }

  show(player) {
    const { canvas, still } = this;
    if (!still) return;
    const pen = canvas.getContext("2d"), x = this.share(player.time) * canvas.width;
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(still, 0, 0);
    pen.fillStyle = getComputedStyle(document.body).getPropertyValue("--needle");
    pen.fillRect(Math.min(x, canvas.width - 2), 0, 2, canvas.height);
    this.slider.value = player.sample;
    this.slider.setAttribute("aria-valuetext", `${player.time.toFixed(2)} seconds of ${this.motion.end.toFixed(2)}`);
  }
}
