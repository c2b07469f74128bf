// The onboard camera's pictures: the present one large, colour and depth, and a strip of them along the flight.
const WIDTH = 64, HEIGHT = 48;

export class Film {
  constructor(film) {
    this.film = film;
    if (!film) return;
    this.rgb = film.rgb.map(picture);
    this.depth = film.depth.map(picture);
  }

  async ready() {
    if (this.film) await Promise.all([...this.rgb, ...this.depth].map((image) => image.decode()));
  }

  // The present pictures; whoever has none says so.
  show(step) {
    const rgb = document.getElementById("rgb"), depth = document.getElementById("depth");
    if (!this.film) return;
    paint(rgb.getContext("2d"), this.rgb, this.film, step, 0, 0, WIDTH, HEIGHT);
    if (this.depth.length) paint(depth.getContext("2d"), this.depth, this.film, step, 0, 0, WIDTH, HEIGHT);
  }

  // As many small pictures as fit, each from the middle of its stretch of flight.
  strip(canvas, stepAt) {
    const pen = canvas.getContext("2d"), { width, height } = canvas;
    pen.clearRect(0, 0, width, height);
    if (!this.film) return;
    const each = (height * WIDTH) / HEIGHT, count = Math.max(1, Math.floor(width / each)), wide = width / count;
    for (let i = 0; i < count; i++) paint(pen, this.rgb, this.film, stepAt((i + 0.5) / count), i * wide, 0, wide - 1, height);
  }
}

function picture(url) {
  const image = new Image();
  image.src = url;
  return image;
}

function paint(pen, sheets, { stride, columns, rows }, step, x, y, width, height) {
  const index = Math.floor(step / stride), per = columns * rows, cell = index % per;
  const sheet = sheets[Math.floor(index / per)];
  const left = (cell % columns) * WIDTH, top = Math.floor(cell / columns) * HEIGHT;
  pen.drawImage(sheet, left, top, WIDTH, HEIGHT, x, y, width, height);
}
