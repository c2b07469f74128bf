// The flight's clock: which instant is shown, whether it runs, and how fast; tells its listeners of every change.
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];

export class Player {
  constructor(motion) {
    this.motion = motion;
    this.time = motion.start;
    this.playing = false;
    this.speed = 1;
    this.listeners = [];
  }

  get sample() { return this.motion.at(this.time).sample; }

  // The control step whose picture and decision belong to the sample: the last one at the flight's end.
  get step() { return Math.min(this.sample, this.motion.samples - 2); }

  listen(listener) { this.listeners.push(listener); }

  changed() { for (const listener of this.listeners) listener(this); }

  seek(time) {
    this.time = Math.min(Math.max(time, this.motion.start), this.motion.end);
    this.changed();
  }

  seekSample(sample) {
    this.seek(this.motion.times[Math.min(Math.max(sample, 0), this.motion.samples - 1)]);
  }

  stepBy(by) {
    this.pause();
    // Half-way between samples, one step back is the sample just passed.
    const between = this.time > this.motion.times[this.sample] + 1e-6;
    this.seekSample(this.sample + (by < 0 && between ? by + 1 : by));
  }

  play() {
    if (this.time >= this.motion.end) this.time = this.motion.start;
    this.playing = true;
    this.changed();
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.changed();
  }

  toggle() { if (this.playing) this.pause(); else this.play(); }

  setSpeed(speed) {
    this.speed = speed;
    this.changed();
  }

  faster(by) {
    const here = SPEEDS.indexOf(this.speed);
    this.setSpeed(SPEEDS[Math.min(Math.max(here + by, 0), SPEEDS.length - 1)]);
  }

  // Called with the seconds of wall clock since the last call.
  advance(seconds) {
    if (!this.playing) return;
    this.time = Math.min(this.time + seconds * this.speed, this.motion.end);
    if (this.time >= this.motion.end) this.playing = false;
    this.changed();
  }
}
