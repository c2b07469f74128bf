// Colours with a meaning, the same in the scene, on the timeline and in the panels.
const CLEARANCE = [[0, "#d62f3a"], [0.5, "#ef8432"], [1.2, "#f2c744"], [2, "#58b368"], [3.5, "#2f8fd0"]];
const SPEED = [[0, "#3a2f7d"], [0.35, "#2c6f9c"], [0.65, "#2fae8e"], [1, "#f4e04d"]];
const SURVIVAL = [[0, "#c8323c"], [0.5, "#efc04a"], [1, "#3fa66a"]];
const NAVIGATION = [[0, "#20304a"], [0.4, "#2f6fb3"], [0.75, "#57b9e8"], [1, "#f3fbff"]];
export function rgb(hex) {
  const n = parseInt(hex.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

function ramp(stops) {
  const points = stops.map(([at, hex]) => [at, rgb(hex)]);
  return (value) => {
    let i = 1;
    while (i < points.length - 1 && value > points[i][0]) i++;
    const [a, from] = points[i - 1], [b, to] = points[i];
    const share = Math.min(Math.max((value - a) / (b - a), 0), 1);
    return from.map((c, k) => Math.round(c + share * (to[k] - c)));
  };
}

export const clearanceColor = ramp(CLEARANCE);
export const speedColor = ramp(SPEED);
export const survivalColor = ramp(SURVIVAL);
export const navigationColor = ramp(NAVIGATION);
export const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;
export const MARKS = { good: "#3fa66a", bad: "#e0424d", note: "#e9a63a", minor: "#8b98a8" };

// A legend's gradient, and what its ends stand for.
export function legend(kind, limit) {
  if (kind === "clearance") return { stops: CLEARANCE.map(([a, c]) => `${c} ${(100 * a) / 3.5}%`), ends: ["touching", "3.5 m clear"] };
  return { stops: SPEED.map(([a, c]) => `${c} ${100 * a}%`), ends: ["0", `${limit.toFixed(1)} m/s`] };
}
