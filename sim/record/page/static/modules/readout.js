// The instant in numbers: time, phase, speed, height, clearance, command, battery.
import { MARKS } from "./colors.js";

const CAPTION = 1.6; // s that an event stays captioned
const AXES = { velocity: ["vx", "vy", "vz", "yaw"], body_rate: ["thrust", "p", "q", "r"], rotor: ["1", "2", "3", "4"] };

export class Readout {
  constructor(facts, motion) {
    Object.assign(this, { facts, motion });
    const battery = document.getElementById("reserve");
    battery.style.left = `${100 * facts.reserve}%`;
    battery.title = `reserve ${Math.round(100 * facts.reserve)} %`;
  }

  show(player) {
    const { arrays } = this.motion, { sample, step } = player;
    const [x, y] = arrays.position.row(sample), charge = arrays.battery.values[step];
    const name = this.facts.phases[arrays.phase.values[step]];
    const phase = put("phase", name.replaceAll("_", " "));
    phase.style.setProperty("--phase", this.facts.phase_colors[arrays.phase.values[step]]);
    put("time", `${player.time.toFixed(2)} s`);
    put("of", `of ${this.motion.end.toFixed(2)} s, step ${sample} of ${this.motion.samples - 1}`);
    put("speed-now", `${this.motion.speed(sample).toFixed(1)} m/s`);
    put("height-now", `${this.motion.height(sample).toFixed(1)} m`);
    put("clearance-now", this.clearance(arrays.clearance.values[sample]));
    put("place", `${x.toFixed(1)}, ${y.toFixed(1)}`);
    put("command", this.command(arrays.action.row(step)));
    put("battery-now", `${(100 * charge).toFixed(0)} %, reserve ${(100 * this.facts.reserve).toFixed(0)} %`);
    const bar = document.getElementById("charge");
    bar.style.setProperty("--share", charge);
    bar.style.background = charge > this.facts.reserve + 0.1 ? MARKS.good : charge > this.facts.reserve ? MARKS.note : MARKS.bad;
    this.caption(player.time);
  }

  // Velocities as the autopilot takes them: in SI, and no faster than the scenario allows. Other levels have no unit.
  command(action) {
    const axes = AXES[this.facts.action] ?? AXES.velocity;
    if (axes !== AXES.velocity) return axes.map((axis, i) => `${axis} ${signed(action[i])}`).join("  ");
    const told = this.facts.command_scale.map((scale, i) => scale * action[i]), [x, y, z, turn] = told;
    const share = Math.min(1, this.facts.speed_limit / Math.max(Math.hypot(x, y, z), 1e-9));
    const parts = [x, y, z].map((speed, i) => `${axes[i]} ${signed(share * speed, 1)}`);
    return `${parts.join("  ")} m/s  yaw ${signed(turn, 0)}°/s`;
  }

  // Beyond its reach the field says no more than that.
  clearance(value) {
    return value > 3.4 ? "> 3.4 m" : `${Math.max(value, 0).toFixed(2)} m`;
  }

  caption(time) {
    const recent = this.facts.marks.filter((mark) => mark.time <= time + 1e-6 && time < mark.time + CAPTION);
    const told = [...new Map(recent.map((mark) => [mark.text, mark])).values()].slice(-3);
    const place = document.getElementById("caption");
    place.replaceChildren(...told.map((mark) => {
      const line = document.createElement("div");
      line.textContent = mark.text;
      line.style.setProperty("--mark", MARKS[mark.kind]);
      return line;
    }));
  }
}

function put(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== text) element.textContent = text;
  return element;
}

const signed = (value, digits = 2) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
