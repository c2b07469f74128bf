// Moving obstacles, straight on between samples.
import { BoxGeometry, CylinderGeometry, Group, Mesh, MeshLambertMaterial, SphereGeometry } from "three";
import { tinted } from "./solids.js";

const CYLINDER = 0, BOX = 1;
const JUMP = 10; // m between samples: it wrapped round

export class Movers {
  constructor({ mover_position, mover_shape, mover_color }) {
    this.group = new Group();
    this.positions = mover_position;
    if (!mover_shape) return;
    for (let i = 0; i < mover_shape.rows; i++) {
      const mesh = new Mesh(shapeOf(mover_shape.row(i)), new MeshLambertMaterial({ color: tinted(...mover_color.row(i)) }));
      if (mover_shape.row(i)[0] === BOX) mesh.rotation.z = Math.atan2(mover_shape.row(i)[8], mover_shape.row(i)[7]);
      mesh.castShadow = mesh.receiveShadow = true;
      this.group.add(mesh);
    }
  }

  place({ sample, next, share }) {
    if (!this.positions) return;
    const from = this.positions.row(sample), to = this.positions.row(next);
    this.group.children.forEach((mesh, i) => {
      const step = [0, 1, 2].map((k) => to[3 * i + k] - from[3 * i + k]);
      const part = Math.hypot(...step) > JUMP ? 0 : share;
      mesh.position.set(...step.map((d, k) => from[3 * i + k] + part * d));
    });
  }
}

function shapeOf(row) {
  if (row[0] === BOX) return new BoxGeometry(2 * row[4], 2 * row[5], 2 * row[6]);
  if (row[0] === CYLINDER) return new CylinderGeometry(row[4], row[4], 2 * row[5], 24).rotateX(Math.PI / 2);
  return new SphereGeometry(row[4], 28, 18);
}
