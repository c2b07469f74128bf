// Everything the page does, by key and by button, and the overlay that lists it.
import { VIEWS } from "./cameras.js";
import { SPEEDS } from "./player.js";

export function commands(page) {
  const { player, motion } = page;
  return [
    { keys: [" ", "k"], shown: "Space", what: "play or pause", id: "play", run: () => player.toggle() },
    { keys: ["ArrowLeft", ","], shown: "← ,", what: "one step back", id: "back", run: () => player.stepBy(-1) },
    { keys: ["ArrowRight", "."], shown: "→ .", what: "one step on", id: "on", run: () => player.stepBy(1) },
    { keys: ["Shift+ArrowLeft"], shown: "Shift ←", what: "one second back", run: () => player.seek(player.time - 1) },
    { keys: ["Shift+ArrowRight"], shown: "Shift →", what: "one second on", run: () => player.seek(player.time + 1) },
    { keys: ["Home"], shown: "Home", what: "to the start", run: () => player.seek(motion.start) },
    { keys: ["End"], shown: "End", what: "to the end", run: () => player.seek(motion.end) },
    { keys: ["p", "["], shown: "p [", what: "to the event before", id: "before", run: () => page.jump(-1) },
    { keys: ["n", "]"], shown: "n ]", what: "to the next event", id: "next", run: () => page.jump(1) },
    { keys: ["x"], shown: "x", what: "to the end's cause, such as a collision", run: () => page.jumpToBad() },
    { keys: ["-"], shown: "−", what: "slower", run: () => player.faster(-1) },
    { keys: ["+", "="], shown: "+", what: `faster (${SPEEDS[0]}x to ${SPEEDS.at(-1)}x)`, run: () => player.faster(1) },
    ...VIEWS.map((view, i) => ({ keys: [String(i + 1)], shown: String(i + 1), what: `${view} camera`, run: () => page.view(view) })),
    { keys: ["r"], shown: "r", what: "orbit and top cameras back to where they began", run: () => page.resetViews() },
    { keys: ["c"], shown: "c", what: "trail by clearance, speed or phase", run: () => page.nextColor() },
    { keys: ["l"], shown: "l", what: "candidates in the scene, on or off", run: () => page.toggleCandidates() },
    { keys: ["f"], shown: "f", what: "the camera's field of view, on or off", run: () => page.toggleFrustum() },
    { keys: ["t"], shown: "t", what: "light or dark", id: "theme", run: () => page.toggleTheme() },
    { keys: ["i"], shown: "i", what: "about this flight", id: "about-button", run: () => page.toggleDialog("about") },
    { keys: ["?", "h"], shown: "? h", what: "this help", id: "help-button", run: () => page.toggleDialog("help") },
  ];
}

// The browser closes a dialog a moment later, and until then its button would swallow the next key.
function dismiss() {
  const dialog = document.querySelector("dialog[open]");
  if (!dialog) return;
  dialog.close();
  document.activeElement?.blur();
}

export function bind(list) {
  const byKey = new Map(list.flatMap((command) => command.keys.map((key) => [key, command])));
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input:not([type=range])")) return;
    if (event.key === "Escape") dismiss();
    const name = event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key;
    const command = byKey.get(name.length === 1 ? name.toLowerCase() : name);
    // A focused button is pressed by the space bar itself.
    if (!command || (event.key === " " && event.target.matches("button, summary"))) return;
    event.preventDefault();
    command.run();
  });
  const body = document.getElementById("keys");
  for (const { shown, what, id, run } of list) {
    if (id) document.getElementById(id).addEventListener("click", run);
    const line = document.createElement("tr");
    const key = document.createElement("th"), words = document.createElement("td"), cap = document.createElement("kbd");
    cap.textContent = shown;
    key.append(cap);
    words.textContent = what;
    line.append(key, words);
    body.append(line);
  }
}
