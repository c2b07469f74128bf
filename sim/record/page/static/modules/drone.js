// The drone: arms, rotors, the hull that counts as touching, what its camera sees, and where its candidates lead.
import {
  BoxGeometry, BufferGeometry, CylinderGeometry, Group, InstancedMesh, LineBasicMaterial, LineSegments, Matrix4, Mesh,
  MeshBasicMaterial, MeshLambertMaterial, Quaternion, RingGeometry, SphereGeometry, Vector3,
} from "three";
import { survivalColor } from "./colors.js";
import { tinted } from "./solids.js";
import { yawOf } from "./motion.js";

const FRUSTUM = 4; // m
const ASPECT = 64 / 48;
const AHEAD = 1.0; // s of flight that a candidate is drawn ahead

export class Drone {
  constructor(facts, arrays) {
    this.facts = facts;
    this.arrays = arrays;
    this.body = new Group();
    this.around = new Group(); // Follows in place and yaw only.
    const { vehicle, camera } = facts;
    this.body.add(...frame(vehicle), hull(vehicle), (this.frustum = frustum(camera)));
    this.ring = new Mesh(new RingGeometry(0.9, 1, 48), new MeshBasicMaterial({ color: 0xffffff, transparent: true, opacity: 0.8 }));
    this.plumb = new LineSegments(new BufferGeometry(), new LineBasicMaterial({ color: 0xffffff, transparent: true, opacity: 0.45 }));
    this.group = new Group().add(this.body, this.ring, this.plumb, this.around);
    this.addCandidates();
  }

  addCandidates() {
    const { lattice } = this.facts;
    if (!lattice || !this.arrays.survival) return;
    const count = lattice.elevations.length * lattice.azimuths.length;
    this.candidates = new InstancedMesh(new SphereGeometry(1, 10, 8), new MeshBasicMaterial(), count);
    this.candidates.frustumCulled = false;
    this.around.add(this.candidates);
  }

  place(position, quaternion, step, ground) {
    this.body.position.copy(position);
    this.body.quaternion.copy(quaternion);
    this.around.position.copy(position);
    this.around.quaternion.setFromAxisAngle(new Vector3(0, 0, 1), yawOf(quaternion));
    const low = new Vector3(position.x, position.y, ground);
    this.plumb.geometry.setFromPoints([position, low]);
    this.ring.position.copy(low).setZ(ground + 0.05);
    this.ring.scale.setScalar(Math.max(1.4 * this.facts.vehicle.hull_radius, 0.3));
    if (this.candidates) this.showCandidates(step);
  }

  // Candidates of the chosen speed, coloured by how likely each survives; the chosen one is the largest.
  showCandidates(step) {
    const { lattice, speed_limit } = this.facts, { survival, has_survival, chosen } = this.arrays;
    const per = lattice.elevations.length * lattice.azimuths.length;
    const index = chosen.values[step], speed = Math.floor(index / per);
    this.candidates.visible = Boolean(has_survival.values[step]) && index >= 0 && speed < lattice.speeds.length && this.shown !== false;
    if (!this.candidates.visible) return;
    const reach = Math.max(lattice.speeds[speed] * speed_limit * AHEAD, 1.2);
    const here = survival.row(step);
    for (let e = 0; e < lattice.elevations.length; e++) {
      for (let a = 0; a < lattice.azimuths.length; a++) {
        const i = e * lattice.azimuths.length + a;
        const rise = lattice.elevations[e], turn = lattice.azimuths[a];
        const spot = new Vector3(Math.cos(rise) * Math.cos(turn), Math.cos(rise) * Math.sin(turn), Math.sin(rise));
        const size = speed * per + i === index ? 0.16 : 0.06;
        this.candidates.setMatrixAt(i, new Matrix4().compose(spot.multiplyScalar(reach), new Quaternion(), new Vector3(size, size, size)));
        this.candidates.setColorAt(i, tinted(...survivalColor(here[speed * per + i])));
      }
    }
    this.candidates.instanceMatrix.needsUpdate = true;
    this.candidates.instanceColor.needsUpdate = true;
  }
}

function frame({ arm, hull_height, rotor_radius }) {
  const dark = new MeshLambertMaterial({ color: 0x23282f }), light = new MeshLambertMaterial({ color: 0xe9edf2 });
  const parts = [new Mesh(new BoxGeometry(0.9 * arm, 0.6 * arm, 0.5 * hull_height), light)];
  const nose = new Mesh(new BoxGeometry(0.25 * arm, 0.35 * arm, 0.3 * hull_height), new MeshLambertMaterial({ color: 0xe4572e }));
  nose.position.set(0.55 * arm, 0, 0);
  parts.push(nose);
  for (const turn of [1, 3, 5, 7]) {
    const angle = (turn * Math.PI) / 4, x = arm * Math.cos(angle), y = arm * Math.sin(angle);
    const boom = new Mesh(new BoxGeometry(arm, 0.1 * arm, 0.1 * arm), dark);
    boom.position.set(x / 2, y / 2, 0);
    boom.rotation.z = angle;
    const front = turn === 1 || turn === 7;
    const disc = new Mesh(
      new CylinderGeometry(rotor_radius, rotor_radius, 0.006, 28).rotateX(Math.PI / 2),
      new MeshLambertMaterial({ color: front ? 0xe4572e : 0x3b4653, transparent: true, opacity: 0.75 }));
    disc.position.set(x, y, 0.3 * hull_height);
    parts.push(boom, disc);
  }
  for (const part of parts) part.castShadow = true;
  return parts;
}

function hull({ hull_radius, hull_height }) {
  const shape = new CylinderGeometry(hull_radius, hull_radius, hull_height, 40, 1, true).rotateX(Math.PI / 2);
  return new Mesh(shape, new MeshBasicMaterial({ color: 0x7cc4ff, transparent: true, opacity: 0.18, side: 2, depthWrite: false }));
}

// Body axes: x ahead, y left, z up; the optical axis is tilted up against x.
function frustum({ fov_deg, tilt }) {
  const half = Math.tan((fov_deg * Math.PI) / 360) * FRUSTUM, up = half / ASPECT;
  const corners = [[half, up], [-half, up], [-half, -up], [half, -up]].map(([y, z]) => new Vector3(FRUSTUM, y, z));
  const eye = new Vector3();
  const points = corners.flatMap((corner, i) => [eye, corner, corner, corners[(i + 1) % 4]]);
  const lines = new LineSegments(
    new BufferGeometry().setFromPoints(points), new LineBasicMaterial({ color: 0xffc857, transparent: true, opacity: 0.75 }));
  lines.rotation.y = -tilt;
  return lines;
}
