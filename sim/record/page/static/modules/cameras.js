// Four ways to look: behind the drone, from its camera, freely around it, and down from above.
import { OrthographicCamera, PerspectiveCamera, Quaternion, Vector3, Matrix4 } from "three";
import { OrbitControls } from "OrbitControls";
import { yawOf } from "./motion.js";

export const VIEWS = ["chase", "onboard", "orbit", "top"];
const BEHIND = 4.2, ABOVE = 1.7; // m
const ROOM = 8; // m around the flight, seen from above
const UP = new Vector3(0, 0, 1);

export class Cameras {
  constructor(canvas, facts, stage, extent) {
    this.facts = facts;
    this.stage = stage;
    this.extent = extent;
    this.view = "chase";
    this.near = new PerspectiveCamera(60, 1, 0.05, 8 * stage.span);
    this.far = new PerspectiveCamera(50, 1, 0.1, 10 * stage.span);
    this.map = new OrthographicCamera(-1, 1, 1, -1, 0.1, 1000);
    this.orbit = this.controls(this.far, canvas);
    this.orbit.maxPolarAngle = 0.495 * Math.PI;
    this.pan = this.controls(this.map, canvas);
    this.pan.enableRotate = false;
    this.pan.screenSpacePanning = true;
    this.yaw = null;
    this.followed = new Vector3();
    this.resetOrbit();
    this.resetTop();
  }

  controls(camera, canvas) {
    const made = new OrbitControls(camera, canvas);
    made.enabled = false;
    made.addEventListener("change", () => { this.stage.dirty = true; });
    return made;
  }

  get camera() {
    return { chase: this.near, onboard: this.near, orbit: this.far, top: this.map }[this.view];
  }

  choose(view) {
    this.view = view;
    this.orbit.enabled = view === "orbit";
    this.pan.enabled = view === "top";
    this.yaw = null;
    this.stage.dirty = true;
  }

  resetOrbit() {
    const reach = Math.min(0.55 * this.stage.span, 45);
    this.far.position.copy(this.followed).add(new Vector3(-0.7 * reach, -0.7 * reach, 0.6 * reach));
    this.orbit.target.copy(this.followed);
    this.orbit.update();
  }

  resetTop() {
    const { low, high } = this.extent;
    const middle = new Vector3((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, 0);
    this.map.position.copy(middle).setZ(500);
    this.map.up.set(0, 1, 0);
    this.pan.target.copy(middle);
    this.map.zoom = 1;
    this.pan.update();
  }

  resize(width, height) {
    this.near.aspect = this.far.aspect = width / height;
    const { low, high } = this.extent;
    const half = ROOM + 0.5 * Math.max(high[1] - low[1], ((high[0] - low[0]) * height) / width);
    Object.assign(this.map, { top: half, bottom: -half, left: (-half * width) / height, right: (half * width) / height });
    for (const camera of [this.near, this.far, this.map]) camera.updateProjectionMatrix();
  }

  // `calm` keeps the chase camera's own heading while it turns after the drone's; a jump takes it over at once.
  follow(position, quaternion, calm) {
    this.far.position.add(position).sub(this.followed);
    this.orbit.target.copy(position);
    this.followed.copy(position);
    if (this.view === "orbit") this.orbit.update();
    if (this.view === "chase") this.chase(position, quaternion, calm);
    if (this.view === "onboard") this.ride(position, quaternion);
  }

  chase(position, quaternion, calm) {
    const wanted = yawOf(quaternion);
    const off = this.yaw === null ? 0 : Math.atan2(Math.sin(wanted - this.yaw), Math.cos(wanted - this.yaw));
    this.yaw = this.yaw === null || !calm ? wanted : this.yaw + 0.12 * off;
    const back = new Vector3(-Math.cos(this.yaw), -Math.sin(this.yaw), 0).multiplyScalar(BEHIND);
    this.setFov(60);
    this.near.up.copy(UP);
    this.near.position.copy(position).add(back).setZ(position.z + ABOVE);
    this.near.lookAt(position.x - 0.6 * back.x, position.y - 0.6 * back.y, position.z);
  }

  // The picture's own field of view, so that the scene and the camera's picture can be held side by side.
  ride(position, quaternion) {
    const { fov_deg, tilt } = this.facts.camera;
    const half = Math.tan((fov_deg * Math.PI) / 360);
    this.setFov((360 / Math.PI) * Math.atan(half / Math.max(this.near.aspect, 64 / 48)));
    const forward = new Vector3(Math.cos(tilt), 0, Math.sin(tilt)).applyQuaternion(quaternion);
    const up = new Vector3(-Math.sin(tilt), 0, Math.cos(tilt)).applyQuaternion(quaternion);
    this.near.position.copy(position);
    const axes = new Matrix4().lookAt(new Vector3(), forward, up);
    this.near.quaternion.copy(new Quaternion().setFromRotationMatrix(axes));
  }

  setFov(fov) {
    if (Math.abs(this.near.fov - fov) < 1e-6) return;
    this.near.fov = fov;
    this.near.updateProjectionMatrix();
  }
}
