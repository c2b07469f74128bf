// Where the drone is at any instant: cubic between samples, as their velocities say, turning the shortest way.
import { Quaternion, Vector3 } from "three";

export class Motion {
  constructor(arrays) {
    this.times = arrays.times.values;
    this.samples = this.times.length;
    this.end = this.times[this.samples - 1];
    this.start = this.times[0];
    this.arrays = arrays;
  }

  // The last sample at or before a time, and how far from it to the next.
  at(time) {
    let low = 0, high = this.samples - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.times[middle] <= time) low = middle; else high = middle;
    }
    const length = this.times[high] - this.times[low];
    const share = length > 0 ? Math.min(Math.max((time - this.times[low]) / length, 0), 1) : 0;
    return share >= 1 ? { sample: high, next: high, share: 0, length } : { sample: low, next: high, share, length };
  }

  pose(time, position = new Vector3(), quaternion = new Quaternion()) {
    const { sample, next, share, length } = this.at(time);
    const p = this.arrays.position, v = this.arrays.velocity, q = this.arrays.quaternion;
    const s = share, a = 2 * s ** 3 - 3 * s ** 2 + 1, b = s ** 3 - 2 * s ** 2 + s, c = 3 * s ** 2 - 2 * s ** 3, d = s ** 3 - s ** 2;
    const mix = (i) => a * p.values[3 * sample + i] + b * length * v.values[3 * sample + i]
      + c * p.values[3 * next + i] + d * length * v.values[3 * next + i];
    position.set(mix(0), mix(1), mix(2));
    quaternion.fromArray(q.row(sample)).normalize();
    if (share > 0) quaternion.slerp(new Quaternion().fromArray(q.row(next)).normalize(), share);
    return { position, quaternion };
  }

  // Over the ground below, m.
  height(sample) {
    return this.arrays.position.values[3 * sample + 2] - this.arrays.ground.values[sample];
  }

  speed(sample) {
    return Math.hypot(...this.arrays.velocity.row(sample));
  }
}

export function yawOf(quaternion) {
  const { x, y, z, w } = quaternion;
  return Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
}
