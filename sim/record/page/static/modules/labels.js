// Words and numbers in the scene: small pictures that always face the viewer and keep their size on the screen.
import { CanvasTexture, Sprite, SpriteMaterial, SRGBColorSpace } from "three";

const SIZE = 96;

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
  return sprite;
}

// A pointer to the drone for views from afar.
export function pointer() {
  const sprite = badge("", { fill: "rgba(0 0 0 / 0)", ring: "#ff5a36", size: 0.035 });
  return sprite;
}
