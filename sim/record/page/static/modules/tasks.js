// What was to do: sites with prize and state, pad, goal, course, the way known beforehand, and fences.
import {
  BufferGeometry, DoubleSide, Group, Line, LineBasicMaterial, LineDashedMaterial, LineLoop, Mesh, MeshBasicMaterial, Shape,
  ExtrudeGeometry, SphereGeometry, Vector2, Vector3,
} from "three";
import { badge } from "./labels.js";

const FENCES = { geofence: 0x2e9b5b, no_fly: 0xd8343f };
const STATES = {
  open: { fill: "#ffffff", ink: "#14181d", ring: "#7b8794" },
  mandatory: { fill: "#fff4d6", ink: "#14181d", ring: "#e08a1e" },
  visited: { fill: "#3fa66a", ink: "#ffffff", ring: "#ffffff" },
};

export class Task {
  constructor(facts, arrays) {
    this.group = new Group();
    this.sites = [];
    this.arrays = arrays;
    this.task = facts.task;
    if (facts.task.way) this.group.add(this.way = dashed(facts.task.way, 0xffffff, 1.2));
    if (facts.task.goal) this.addGoal(facts.task);
    if (facts.task.sites) this.addMission(facts.task);
    for (const fence of facts.fences) this.group.add(...prism(fence));
    for (const point of facts.rally) this.group.add(at(badge("R", STATES.visited), point, 1));
    this.aim = dashed([[0, 0, 0], [0, 0, 0]], 0xffd166, 0.6);
    this.aim.frustumCulled = false;
    this.group.add(this.aim);
  }

  addGoal({ goal, within, shape }) {
    if (shape === "ball") {
      const ball = new Mesh(new SphereGeometry(within, 32, 20), new MeshBasicMaterial({ color: 0xffb02e, transparent: true, opacity: 0.25, depthWrite: false }));
      ball.position.set(...goal);
      this.group.add(ball);
    }
    this.group.add(at(badge("★", { fill: "#ffb02e" }), goal, 0));
  }

  addMission({ home, sites }) {
    this.group.add(at(badge("H", { fill: "#d1283a", ink: "#ffffff", ring: "#ffffff" }), home, 1.2));
    sites.forEach((site, i) => {
      const name = String(i + 1);
      const looks = { open: badge(name, site.mandatory ? STATES.mandatory : STATES.open), visited: badge(name, STATES.visited) };
      for (const look of Object.values(looks)) this.group.add(at(look, site.position, 1));
      const facing = [Math.cos(site.yaw), Math.sin(site.yaw), 0].map((d, k) => site.position[k] + 1.2 * d);
      this.group.add(line([site.position, facing], 0xffd166));
      this.sites.push({ ...site, looks });
    });
  }

  show(step, position) {
    const { visited, target } = this.arrays;
    this.sites.forEach((site, i) => {
      const done = visited.row(step)[i] > 0;
      site.looks.visited.visible = done;
      site.looks.open.visible = !done;
    });
    const spot = this.targetAt(step, target, visited);
    this.aim.visible = spot !== null;
    if (spot) {
      this.aim.geometry.setFromPoints([position, new Vector3(...spot)]);
      this.aim.computeLineDistances();
    }
  }

  // Where the pilot is heading: of a route the next waypoint, since its token is always the first.
  targetAt(step, target, visited) {
    if (!this.task.sites || target.values[step] < 0) return null;
    if (target.values[step] === 0) return this.task.home;
    const done = visited.row(step).indexOf(0);
    const index = this.task.ordered ? (done < 0 ? this.sites.length - 1 : done) : target.values[step] - 1;
    return this.sites[index]?.position ?? null;
  }
}

function at(object, [x, y, z], lift) {
  object.position.set(x, y, z + lift);
  return object;
}

function line(points, color) {
  return new Line(new BufferGeometry().setFromPoints(points.map((p) => new Vector3(...p))), new LineBasicMaterial({ color }));
}

function dashed(points, color, dash) {
  const geometry = new BufferGeometry().setFromPoints(points.map((p) => new Vector3(...p)));
  const material = new LineDashedMaterial({ color, dashSize: dash, gapSize: 0.7 * dash, transparent: true, opacity: 0.85 });
  const made = new Line(geometry, material);
  made.computeLineDistances();
  return made;
}

function prism({ kind, outline, low, high }) {
  const color = FENCES[kind];
  const solid = new ExtrudeGeometry(new Shape(outline.map(([x, y]) => new Vector2(x, y))), { depth: high - low, bevelEnabled: false });
  const walls = new Mesh(solid, [
    new MeshBasicMaterial({ visible: false }),
    new MeshBasicMaterial({ color, transparent: true, opacity: kind === "no_fly" ? 0.22 : 0.08, side: DoubleSide, depthWrite: false }),
  ]);
  walls.position.z = low;
  const rings = [low + 0.05, high].map((z) => new LineLoop(
    new BufferGeometry().setFromPoints(outline.map(([x, y]) => new Vector3(x, y, z))), new LineBasicMaterial({ color })));
  return [walls, ...rings];
}
