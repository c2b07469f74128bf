// What stands still: primitives as instances, meshes and paint as triangles in their own colours.
import {
  BoxGeometry, BufferAttribute, BufferGeometry, Color, CylinderGeometry, DoubleSide, EdgesGeometry, Group, InstancedMesh,
  LineBasicMaterial, LineSegments, Matrix4, Mesh, MeshLambertMaterial, Quaternion, SphereGeometry, SRGBColorSpace, Vector3,
} from "three";

const UP = new Vector3(0, 0, 1), Y = new Vector3(0, 1, 0);
const MOST_EDGES = 60000;

export function solids(arrays) {
  const group = new Group();
  const unit = new BoxGeometry(1, 1, 1);
  group.add(instances(unit, arrays.box, arrays.box_color, (b) => placed(
    new Vector3(b[0], b[1], b[2]), new Quaternion().setFromAxisAngle(UP, b[6]), new Vector3(2 * b[3], 2 * b[4], 2 * b[5]))));
  // A cylinder of three.js stands along y.
  const round = new CylinderGeometry(1, 1, 1, 20).rotateX(Math.PI / 2);
  group.add(instances(round, arrays.cylinder, arrays.cylinder_color, (c) => placed(
    new Vector3(c[0], c[1], c[2] + c[4] / 2), new Quaternion(), new Vector3(c[3], c[3], c[4]))));
  group.add(instances(new SphereGeometry(1, 24, 16), arrays.sphere, arrays.sphere_color, (s) => placed(
    new Vector3(s[0], s[1], s[2]), new Quaternion(), new Vector3(s[3], s[3], s[3]))));
  for (const limb of limbs(arrays)) group.add(limb);
  const ground = triangles(arrays, "ground"), mesh = triangles(arrays, "mesh"), paint = triangles(arrays, "paint", true);
  for (const part of [ground, mesh, paint]) if (part) group.add(part);
  if (mesh && arrays.mesh_faces.rows < MOST_EDGES) group.add(edges(mesh.geometry));
  return group;
}

export function tinted(r, g, b) {
  return new Color().setRGB(r / 255, g / 255, b / 255, SRGBColorSpace);
}

function placed(position, quaternion, scale) {
  return new Matrix4().compose(position, quaternion, scale);
}

function instances(geometry, rows, colors, matrixOf) {
  const mesh = new InstancedMesh(geometry, new MeshLambertMaterial(), rows.rows);
  for (let i = 0; i < rows.rows; i++) {
    mesh.setMatrixAt(i, matrixOf(rows.row(i)));
    mesh.setColorAt(i, tinted(...colors.row(i)));
  }
  mesh.castShadow = mesh.receiveShadow = true;
  return mesh;
}

// Limbs taper: one geometry for all that taper alike, turned from y into their axis.
function limbs({ limb, limb_color }) {
  const groups = new Map();
  for (let i = 0; i < limb.rows; i++) {
    const row = limb.row(i), widest = Math.max(row[6], row[7]);
    const key = Math.round((20 * row[7]) / widest) * 100 + Math.round((20 * row[6]) / widest);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  return [...groups].map(([key, members]) => {
    const last = Math.floor(key / 100) / 20, first = (key % 100) / 20;
    const mesh = new InstancedMesh(new CylinderGeometry(last, first, 1, 10), new MeshLambertMaterial(), members.length);
    members.forEach((index, i) => {
      const row = limb.row(index), widest = Math.max(row[6], row[7]);
      const from = new Vector3(row[0], row[1], row[2]), to = new Vector3(row[3], row[4], row[5]);
      const axis = to.clone().sub(from), length = axis.length();
      const turn = new Quaternion().setFromUnitVectors(Y, axis.divideScalar(length));
      mesh.setMatrixAt(i, placed(from.add(to).multiplyScalar(0.5), turn, new Vector3(widest, length, widest)));
      mesh.setColorAt(i, tinted(...limb_color.row(index)));
    });
    mesh.castShadow = mesh.receiveShadow = true;
    return mesh;
  });
}

// Every face has its own colour, so corners are not shared.
function triangles(arrays, name, isPaint = false) {
  const vertices = arrays[`${name}_vertices`], faces = arrays[`${name}_faces`], colors = arrays[`${name}_color`];
  if (!faces.rows) return null;
  const positions = new Float32Array(9 * faces.rows), tints = new Float32Array(9 * faces.rows), tint = new Map();
  for (let f = 0; f < faces.rows; f++) {
    const [r, g, b] = colors.row(f), key = (r << 16) | (g << 8) | b;
    if (!tint.has(key)) tint.set(key, tinted(r, g, b).toArray());
    for (let corner = 0; corner < 3; corner++) {
      positions.set(vertices.row(faces.values[3 * f + corner]), 9 * f + 3 * corner);
      tints.set(tint.get(key), 9 * f + 3 * corner);
    }
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(positions, 3));
  geometry.setAttribute("color", new BufferAttribute(tints, 3));
  geometry.computeVertexNormals();
  const material = new MeshLambertMaterial({ vertexColors: true, side: DoubleSide });
  // Paint lies on the ground: drawn as if it were a little nearer.
  if (isPaint) Object.assign(material, { polygonOffset: true, polygonOffsetFactor: -2, polygonOffsetUnits: -8 });
  const mesh = new Mesh(geometry, material);
  mesh.castShadow = !isPaint;
  mesh.receiveShadow = true;
  return mesh;
}

function edges(geometry) {
  const material = new LineBasicMaterial({ color: 0x1d232b, transparent: true, opacity: 0.28 });
  return new LineSegments(new EdgesGeometry(geometry, 25), material);
}
