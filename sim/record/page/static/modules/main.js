// Puts the page's parts together and keeps them at the same instant.
import { Raycaster, Vector3 } from "three";
import { unpack } from "./arrays.js";
import { Cameras, VIEWS } from "./cameras.js";
import { legend } from "./colors.js";
import { Drone } from "./drone.js";
import { Film } from "./film.js";
import { Heads } from "./heads.js";
import { bind, commands } from "./keys.js";
import { fitLabels, pointer } from "./labels.js";
import { Mission } from "./mission.js";
import { Motion } from "./motion.js";
import { Movers } from "./movers.js";
import { Player, SPEEDS } from "./player.js";
import { Readout } from "./readout.js";
import { solids } from "./solids.js";
import { Stage } from "./stage.js";
import { Task } from "./tasks.js";
import { Timeline } from "./timeline.js";
import { Trail } from "./trail.js";

const COLORS = ["clearance", "speed", "phase"];
const element = (id) => document.getElementById(id);

class Page {
  constructor(facts, arrays) {
    Object.assign(this, { facts, arrays, color: "clearance" });
    this.canvas = element("scene");
    this.motion = new Motion(arrays);
    this.player = new Player(this.motion);
    this.film = new Film(facts.film);
    this.buildScene();
    this.timeline = new Timeline(facts, this.motion, this.film, this.player);
    this.panels = [new Heads(facts, arrays), new Mission(facts, arrays), this.film];
    this.readout = new Readout(facts, this.motion);
    this.fillIn();
    bind(commands(this));
    this.player.listen(() => this.show());
    this.view("chase");
    this.paint("clearance");
    this.dress(window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  }

  buildScene() {
    const { facts, arrays } = this;
    this.stage = new Stage(this.canvas, facts);
    this.solids = solids(arrays);
    this.drone = new Drone(facts, arrays);
    this.trail = new Trail(facts, this.motion);
    this.task = new Task(facts, arrays);
    this.movers = new Movers(arrays);
    this.pointer = pointer();
    this.stage.scene.add(this.solids, this.drone.group, this.trail.future, this.trail.past, this.task.group, this.movers.group, this.pointer);
    this.cameras = new Cameras(this.canvas, facts, this.stage, this.extent());
  }

  // The rectangle that a view from above has to show: where it flew, and what for.
  extent() {
    const { values } = this.arrays.position, { goal, sites = [], way } = this.facts.task;
    const points = [...sites.map((site) => site.position), ...(goal ? [goal] : []), ...(way ?? [])];
    const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
    for (let i = 0; i < values.length; i += 3) { xs.push(values[i]); ys.push(values[i + 1]); }
    const least = (v) => v.reduce((a, b) => Math.min(a, b)), most = (v) => v.reduce((a, b) => Math.max(a, b));
    return { low: [least(xs), least(ys)], high: [most(xs), most(ys)] };
  }

  // Words that stay: outcome, facts, choices of view, speed and colour.
  fillIn() {
    const { facts } = this;
    element("outcome").textContent = facts.outcome;
    element("outcome").dataset.kind = facts.success === null ? "note" : facts.success ? "good" : "bad";
    element("reason").textContent = facts.reason;
    element("what").textContent = `${facts.scenario}, seed ${facts.seed}, pilot ${facts.pilot}`;
    element("no-film").hidden = Boolean(facts.film);
    element("pictures").hidden = !facts.film;
    element("depth-picture").hidden = !facts.film?.depth.length;
    for (const [name, value] of facts.about) {
      const line = element("facts-table").insertRow();
      line.append(Object.assign(document.createElement("th"), { scope: "row", textContent: name }));
      line.insertCell().textContent = value;
    }
    options("view", VIEWS, (view) => this.view(view));
    options("color", COLORS, (color) => this.paint(color));
    options("rate", SPEEDS.map((speed) => `${speed}x`), (rate) => this.player.setSpeed(parseFloat(rate)));
  }

  view(view) {
    this.cameras.choose(view);
    element("view").value = view;
    element("scene").dataset.view = view;
    this.show();
  }

  paint(color) {
    this.color = color;
    element("color").value = color;
    this.trail.paint(color);
    const key = element("legend");
    key.hidden = color === "phase";
    if (color !== "phase") {
      const { stops, ends } = legend(color, this.facts.speed_limit);
      element("ramp").style.background = `linear-gradient(to right, ${stops})`;
      [element("ramp-low").textContent, element("ramp-high").textContent] = ends;
    }
    this.stage.dirty = true;
  }

  nextColor() { this.paint(COLORS[(COLORS.indexOf(this.color) + 1) % COLORS.length]); }

  dress(theme) {
    document.documentElement.dataset.theme = theme;
    this.stage.dress(theme);
    this.timeline.resize();
  }

  toggleTheme() { this.dress(document.documentElement.dataset.theme === "dark" ? "light" : "dark"); }

  toggleCandidates() {
    this.drone.shown = this.drone.shown === false;
    this.show();
  }

  toggleFrustum() {
    this.frustumHidden = !this.frustumHidden;
    this.show();
  }

  toggleDialog(id) {
    const dialog = element(id);
    if (dialog.open) dialog.close(); else dialog.showModal();
  }

  resetViews() {
    this.cameras.resetOrbit();
    this.cameras.resetTop();
    this.show();
  }

  // To the nearest mark before or after the instant shown.
  jump(direction) {
    const { sample } = this.player, spots = this.facts.marks.filter(({ kind }) => kind !== "minor").map((mark) => mark.sample);
    const found = direction > 0 ? spots.find((spot) => spot > sample) : spots.findLast((spot) => spot < sample);
    this.player.pause();
    if (found !== undefined) this.player.seekSample(found);
  }

  jumpToBad() {
    const mark = this.facts.marks.findLast(({ kind }) => kind === "bad") ?? this.facts.marks.findLast(({ kind }) => kind !== "minor");
    this.player.pause();
    if (mark) this.player.seekSample(mark.sample);
  }

  show() {
    const { player, motion } = this, { sample, step } = player;
    const { position, quaternion } = motion.pose(player.time);
    const ground = this.facts.relief ? this.groundBelow(position) : 0;
    this.drone.place(position, quaternion, step, ground);
    const riding = this.cameras.view === "onboard";
    this.drone.body.visible = this.drone.ring.visible = this.drone.plumb.visible = !riding;
    this.drone.frustum.visible = !this.frustumHidden;
    this.trail.show(motion.at(player.time).sample);
    this.task.show(step, position);
    this.movers.place(motion.at(player.time));
    this.pointer.position.copy(position);
    this.pointer.visible = ["orbit", "top"].includes(this.cameras.view);
    this.cameras.follow(position, quaternion, player.playing);
    this.stage.follow(position);
    this.showPanels(sample, step);
  }

  showPanels(sample, step) {
    const { player } = this;
    if (this.shownStep !== step) for (const panel of this.panels) panel.show(step);
    this.shownStep = step;
    this.readout.show(player);
    this.timeline.show(player);
    const play = element("play");
    play.textContent = player.playing ? "❚❚" : "▶";
    play.ariaLabel = player.playing ? "pause" : "play";
    element("rate").value = `${player.speed}x`;
  }

  groundBelow(position) {
    const caster = new Raycaster(position.clone(), new Vector3(0, 0, -1));
    return caster.intersectObject(this.solids, true)[0]?.point.z ?? 0;
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement;
    if (!width || !height) return;
    this.stage.resize(width, height);
    this.cameras.resize(width, height);
    this.trail.resize(width, height);
    this.timeline.resize();
    this.show();
  }

  run() {
    new ResizeObserver(() => this.resize()).observe(this.canvas.parentElement);
    this.resize();
    let last = performance.now();
    const tick = (now) => {
      this.player.advance(Math.min((now - last) / 1000, 0.25));
      last = now;
      if (this.stage.dirty) fitLabels(this.cameras.camera);
      this.stage.draw(this.cameras.camera);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  // What `window.trident.state` says; docs/replay.md explains it.
  state() {
    const { player, motion, facts } = this;
    const { position, quaternion } = motion.pose(player.time);
    return {
      time: player.time, sample: player.sample, samples: motion.samples, step: player.step, start: motion.start, end: motion.end,
      playing: player.playing, speed: player.speed, view: this.cameras.view, color: this.color,
      theme: document.documentElement.dataset.theme, position: position.toArray(), quaternion: quaternion.toArray(),
      phase: facts.phases[this.arrays.phase.values[player.step]], clearance: this.arrays.clearance.values[player.sample],
      marks: facts.marks, drone: this.drone.body.position.toArray(),
    };
  }
}

function options(id, names, choose) {
  const select = element(id);
  select.append(...names.map((name) => new Option(name, name)));
  select.addEventListener("change", () => { choose(select.value); select.blur(); });
}

export async function start() {
  const facts = JSON.parse(element("facts").textContent);
  const page = new Page(facts, await unpack(element("arrays").textContent));
  await page.film.ready();
  page.shownStep = undefined;
  page.run();
  window.trident = Object.freeze({
    get state() { return page.state(); },
    seek: (time) => page.player.seek(time),
    seekSample: (sample) => page.player.seekSample(sample),
    view: (view) => page.view(view),
  });
  document.documentElement.dataset.ready = "yes";
}
