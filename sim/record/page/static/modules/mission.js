// What the mission head said: a row for each choice with its probability, what is believed of the site, and its prize.
const MAX_TOKENS = 12, MASKED = 255, SHARES = 254;

export class Mission {
  constructor(facts, arrays) {
    Object.assign(this, { facts, arrays });
    const { task } = facts;
    this.part = document.getElementById("mission");
    this.part.hidden = task.kind !== "mission";
    if (this.part.hidden) return;
    const sites = task.ordered ? 1 : task.sites.length;
    const rows = [...Array(sites).keys()].map((i) => ({ choice: i + 1, name: task.ordered ? "next" : `${i + 1}`, what: "site" }));
    rows.push({ choice: 0, name: "H", what: "return home" }, { choice: MAX_TOKENS, name: "I", what: "inspect here" }, { choice: MAX_TOKENS + 1, name: "L", what: "land" });
    const body = document.getElementById("choices");
    this.rows = rows.map((row) => ({ ...row, cells: addRow(body, row) }));
    document.getElementById("no-mission").hidden = Boolean(arrays.share);
  }

  show(step) {
    if (this.part.hidden) return;
    const { share, belief, choice } = this.arrays;
    for (const { choice: index, what, cells } of this.rows) {
      cells.line.setAttribute("aria-current", String(index === choice.values[step]));
      const code = share ? share.row(step)[index] : null;
      fill(cells.share, code === null || code === MASKED ? null : code / SHARES, code === MASKED ? "forbidden" : "");
      if (what !== "site") continue;
      cells.line.classList.toggle("done", this.isDone(step, index));
      cells.prize.textContent = this.prize(step, index);
      if (belief) {
        fill(cells.faulty, belief.row(step)[2 * index], "");
        fill(cells.blocked, belief.row(step)[2 * index + 1], "");
      }
    }
  }

  isDone(step, token) {
    const visited = this.arrays.visited.row(step);
    return this.facts.task.ordered ? visited.every((v) => v > 0) : visited[token - 1] > 0;
  }

  prize(step, token) {
    const { task } = this.facts;
    if (!task.ordered) return `${+task.sites[token - 1].prize.toFixed(2)}`;
    const done = this.arrays.visited.row(step).reduce((sum, v) => sum + v, 0);
    return `${done} of ${task.sites.length}`;
  }
}

function addRow(body, { name, what }) {
  const line = document.createElement("tr");
  const cell = (kind) => {
    const made = document.createElement("td");
    made.className = kind;
    line.append(made);
    return made;
  };
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = what === "site" ? name : `${name} ${what}`;
  line.append(head);
  const cells = { line, share: bar(cell("bar")), prize: cell("prize"), faulty: bar(cell("bar")), blocked: bar(cell("bar")) };
  if (what !== "site") for (const kind of ["faulty", "blocked"]) cells[kind].parentElement.replaceChildren();
  body.append(line);
  return cells;
}

function bar(cell) {
  const made = document.createElement("span");
  cell.append(made);
  return made;
}

function fill(made, share, words) {
  made.style.setProperty("--share", share === null ? 0 : share);
  made.className = share === null ? "words" : "filled";
  made.textContent = words;
  made.title = share === null ? words : `${Math.round(100 * share)} %`;
}
