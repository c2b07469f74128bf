// The way that was flown: what has been in colour, what is to come as a pale line.
import { Line2 } from "Line2";
import { LineGeometry } from "LineGeometry";
import { LineMaterial } from "LineMaterial";
import { clearanceColor, rgb as parsed, speedColor } from "./colors.js";
import { tinted } from "./solids.js";

export class Trail {
  constructor(facts, motion) {
    this.facts = facts;
    this.motion = motion;
    const positions = Array.from(motion.arrays.position.values);
    const future = new LineGeometry().setPositions(positions);
    this.future = new Line2(future, new LineMaterial({ color: 0xffffff, linewidth: 1.5, transparent: true, opacity: 0.35, depthWrite: false }));
    this.past = new Line2(new LineGeometry().setPositions(positions), new LineMaterial({ vertexColors: true, linewidth: 4, transparent: true }));
    // Both are drawn among what is transparent, so that their order counts: what has been lies over what is to come.
    [this.future.renderOrder, this.past.renderOrder] = [1, 2];
    this.past.frustumCulled = this.future.frustumCulled = false;
    this.paint("clearance");
  }

  paint(kind) {
    const { motion, facts } = this, { clearance, phase } = motion.arrays;
    const colors = [];
    for (let i = 0; i < motion.samples; i++) {
      const index = phase.values[Math.min(i, phase.rows - 1)];
      const rgb = kind === "clearance" ? clearanceColor(clearance.values[i])
        : kind === "speed" ? speedColor(motion.speed(i) / facts.speed_limit)
        : parsed(facts.phase_colors[index]);
      colors.push(...tinted(...rgb).toArray());
    }
    this.past.geometry.setColors(colors);
  }

  show(sample) {
    this.past.visible = sample > 0;
    this.past.geometry.instanceCount = sample;
  }

  resize(width, height) {
    for (const line of [this.past, this.future]) line.material.resolution.set(width, height);
  }
}
