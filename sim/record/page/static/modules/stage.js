// The stage: renderer, light, sky, ground; draws only when something has changed.
import {
  Color, DirectionalLight, Fog, GridHelper, HemisphereLight, Mesh, MeshLambertMaterial, Object3D, PCFShadowMap,
  PlaneGeometry, Scene, Vector3, WebGLRenderer,
} from "three";

const SKY = { light: 0xdbe7f2, dark: 0x10161d };
const LIGHT = { light: [1.5, 2.1], dark: [0.85, 1.25] };
const SHADOWED = 45; // m around the drone
const SLOW = 120; // ms a picture, beyond which shadows are given up

export class Stage {
  constructor(canvas, facts) {
    Object3D.DEFAULT_UP.set(0, 0, 1);
    this.renderer = new WebGLRenderer({ canvas, antialias: true });
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.renderer.shadowMap.autoUpdate = false;
    this.scene = new Scene();
    this.hemisphere = new HemisphereLight(0xf2f7ff, 0x8a8572, 1.5);
    this.hemisphere.position.set(0, 0, 1);
    this.sun = new DirectionalLight(0xfff3df, 2.1);
    this.sun.castShadow = true;
    this.sun.shadow.mapSize.set(2048, 2048);
    this.sun.shadow.bias = -0.0006;
    this.sun.shadow.normalBias = 0.04;
    const box = this.sun.shadow.camera;
    Object.assign(box, { left: -SHADOWED, right: SHADOWED, top: SHADOWED, bottom: -SHADOWED, near: 1, far: 260 });
    this.scene.add(this.hemisphere, this.sun, this.sun.target);
    this.dirty = true;
    this.late = 0;
    this.addGround(facts);
  }

  addGround({ bounds: [low, high], ground_color, relief }) {
    const span = Math.max(high[0] - low[0], high[1] - low[1]);
    this.middle = new Vector3((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, 0);
    this.span = span;
    if (!relief) {
      const color = new Color().setRGB(...ground_color, "srgb");
      const ground = new Mesh(new PlaneGeometry(14 * span, 14 * span), new MeshLambertMaterial({ color }));
      ground.position.copy(this.middle).setZ(-0.03);
      ground.receiveShadow = true;
      this.scene.add(ground);
    }
    const cells = Math.ceil(span / 10) + 2;
    const grid = new GridHelper(10 * cells, cells, 0x000000, 0x000000);
    grid.rotation.x = Math.PI / 2;
    grid.position.copy(this.middle).setZ(0.012);
    Object.assign(grid.material, { transparent: true, opacity: 0.1, depthWrite: false });
    if (!relief) this.scene.add(grid);
  }

  dress(theme) {
    this.scene.background = new Color(SKY[theme]);
    this.haze = new Fog(SKY[theme], 1.2 * this.span, 6 * this.span);
    [this.hemisphere.intensity, this.sun.intensity] = LIGHT[theme];
    this.dirty = true;
  }

  // Light and its shadows follow the drone.
  follow(position) {
    this.sun.target.position.copy(position);
    this.sun.position.copy(position).add(new Vector3(-55, -75, 130));
    this.renderer.shadowMap.needsUpdate = true;
    this.dirty = true;
  }

  resize(width, height) {
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.dirty = true;
  }

  draw(camera) {
    if (!this.dirty) return;
    this.dirty = false;
    const before = performance.now();
    // From straight above everything is far away.
    this.scene.fog = camera.isOrthographicCamera ? null : this.haze;
    this.renderer.render(this.scene, camera);
    this.late = performance.now() - before > SLOW ? this.late + 1 : 0;
    if (this.late > 12 && this.sun.castShadow) this.sun.castShadow = false;
  }
}
