// What the heads said: both maps over the candidate commands, and the command that was chosen.
import { css, navigationColor, survivalColor } from "./colors.js";

const CELL = 14, EXTRAS = ["hover", "turn left", "turn right"];

export class Heads {
  constructor(facts, arrays) {
    Object.assign(this, { facts, arrays });
    this.lattice = facts.lattice;
    document.getElementById("no-lattice").hidden = Boolean(this.lattice);
    document.getElementById("lattice").hidden = !this.lattice;
    if (!this.lattice) return;
    this.rows = this.lattice.speeds.length * this.lattice.elevations.length;
    this.columns = this.lattice.azimuths.length;
    for (const name of ["navigation", "survival"]) {
      const canvas = document.getElementById(name);
      Object.assign(canvas, { width: (this.columns + 1.5) * CELL, height: this.rows * CELL });
      canvas.addEventListener("pointermove", (event) => this.point(event, canvas));
      canvas.addEventListener("pointerleave", () => { document.getElementById("pointed").textContent = ""; });
      canvas.hidden = !arrays[name];
    }
  }

  show(step) {
    if (!this.lattice) return;
    this.step = step;
    this.draw("navigation", (score) => navigationColor(Math.sqrt(Math.exp(-score))));
    this.draw("survival", (share) => survivalColor(share));
    document.getElementById("chosen").textContent = this.describe(this.arrays.chosen.values[step]);
  }

  // Fast above slow, up above down within a speed, left at the left; hover and turns beside them.
  cellOf(index) {
    const { speeds, elevations, azimuths } = this.lattice;
    const moving = speeds.length * elevations.length * azimuths.length;
    if (index >= moving) return [this.columns + 0.5, index - moving];
    const a = index % azimuths.length, e = Math.floor(index / azimuths.length) % elevations.length;
    const s = Math.floor(index / (azimuths.length * elevations.length));
    return [this.columns - 1 - a, (speeds.length - 1 - s) * elevations.length + elevations.length - 1 - e];
  }

  draw(name, colorOf) {
    const pen = document.getElementById(name).getContext("2d"), values = this.arrays[name];
    const silent = document.getElementById(`no-${name}`);
    silent.hidden = this.asked(name);
    silent.textContent = values ? "not asked in this step"
      : name === "navigation" && this.facts.task.kind === "avoid" ? "not asked: the course is given" : "this pilot logs no such head";
    pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
    if (!silent.hidden) return;
    const veto = this.arrays.veto.row(this.step), row = values.row(this.step);
    for (let i = 0; i < row.length; i++) {
      const [column, line] = this.cellOf(i), x = column * CELL, y = line * CELL;
      pen.fillStyle = css(colorOf(row[i]));
      pen.fillRect(x + 0.5, y + 0.5, CELL - 1, CELL - 1);
      if (veto[i]) cross(pen, x, y);
    }
    const chosen = this.arrays.chosen.values[this.step];
    if (chosen < 0) return;
    const [column, line] = this.cellOf(chosen);
    for (const [style, width] of [["#000", 4], ["#fff", 2]]) {
      pen.strokeStyle = style;
      pen.lineWidth = width;
      pen.strokeRect(column * CELL + 0.5, line * CELL + 0.5, CELL - 1, CELL - 1);
    }
  }

  // Whether a head answered in this step: its array has zeros where it did not.
  asked(name) { return Boolean(this.arrays[name] && this.arrays[`has_${name}`].values[this.step]); }

  describe(index) {
    if (index < 0) return "the command is none of the candidates";
    const veto = this.arrays.veto.row(this.step), vetoed = veto.reduce((sum, v) => sum + v, 0);
    const survives = this.asked("survival")
      ? `, survives ${Math.round(100 * this.arrays.survival.row(this.step)[index])} %` : "";
    return `chosen: ${this.words(index)}${survives}; ${vetoed} of ${veto.length} vetoed`;
  }

  words(index) {
    const { speeds, elevations, azimuths } = this.lattice;
    const moving = speeds.length * elevations.length * azimuths.length;
    if (index >= moving) return EXTRAS[index - moving];
    const turn = azimuths[index % azimuths.length], rise = elevations[Math.floor(index / azimuths.length) % elevations.length];
    const speed = speeds[Math.floor(index / (azimuths.length * elevations.length))] * this.facts.speed_limit;
    return `${speed.toFixed(1)} m/s, ${angle(turn, "left", "right", "ahead")}, ${angle(rise, "up", "down", "level")}`;
  }

  // What lies under the pointer, in numbers.
  point(event, canvas) {
    const scale = canvas.width / canvas.clientWidth;
    const column = (event.offsetX * scale) / CELL, line = Math.floor((event.offsetY * scale) / CELL);
    const count = this.arrays.veto.width;
    for (let i = 0; i < count; i++) {
      const [x, y] = this.cellOf(i);
      if (y !== line || column < x || column >= x + 1) continue;
      const said = [this.words(i)];
      if (this.asked("navigation")) said.push(`navigation: ${percent(Math.exp(-this.arrays.navigation.row(this.step)[i]))} as likely as the best`);
      if (this.asked("survival")) said.push(`survives ${Math.round(100 * this.arrays.survival.row(this.step)[i])} %`);
      if (this.arrays.veto.row(this.step)[i]) said.push("vetoed");
      document.getElementById("pointed").textContent = said.join("; ");
      return;
    }
  }
}

function percent(share) { return share < 0.001 ? "less than 0.1 %" : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`; }

function cross(pen, x, y) {
  pen.strokeStyle = "rgb(0 0 0 / 0.65)";
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x + 4, y + 4);
  pen.lineTo(x + CELL - 4, y + CELL - 4);
  pen.moveTo(x + CELL - 4, y + 4);
  pen.lineTo(x + 4, y + CELL - 4);
  pen.stroke();
}

function angle(radians, positive, negative, none) {
  const degrees = Math.round((180 * radians) / Math.PI);
  return degrees === 0 ? none : `${Math.abs(degrees)}° ${degrees > 0 ? positive : negative}`;
}
