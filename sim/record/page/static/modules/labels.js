// Words and numbers in the scene: small pictures that always face the viewer and keep their size on the screen.
import { CanvasTexture, Sprite, SpriteMaterial, SRGBColorSpace } from "three";

const SIZE = 96;
const PERSPECTIVE = 1.15; // Height of the picture at distance 1, about, for the fields of view used here

const made = [];

export function badge(text, { fill = "#ffffff", ink = "#14181d", ring = "#14181d", size = 0.045 } = {}) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext("2d");
  pen.beginPath();
  pen.arc(SIZE / 2, SIZE / 2, SIZE / 2 - 6, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.fill();
  pen.lineWidth = 8;
  pen.strokeStyle = ring;
  pen.stroke();
  pen.fillStyle = ink;
  pen.font = `700 ${text.length > 2 ? 34 : 46}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, SIZE / 2, SIZE / 2 + 3);
  const map = new CanvasTexture(canvas);
  map.colorSpace = SRGBColorSpace;
  const sprite = new Sprite(new SpriteMaterial({ map, sizeAttenuation: false, depthTest: false, transparent: true }));
  sprite.scale.setScalar(size);
  sprite.renderOrder = 10;
  made.push({ sprite, size });
  return sprite;
}

// A pointer to the drone for views from afar.
export function pointer() {
  return badge("", { fill: "rgba(0 0 0 / 0)", ring: "#ff5a36", size: 0.035 });
}

// An orthographic camera does not know distances: there the size is a share of the picture's height, in metres.
export function fitLabels(camera) {
  const scale = camera.isOrthographicCamera ? (camera.top - camera.bottom) / camera.zoom / PERSPECTIVE : 1;
  for (const { sprite, size } of made) sprite.scale.setScalar(size * scale);
}
