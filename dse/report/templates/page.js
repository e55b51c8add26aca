// The state of the page, and what changes it.

const byId = (id) => document.getElementById(id);
const bounds = {};
const view = { x: "latency_ms", y: "accuracy", colour: "ram_bytes", others: true, baseline: false };
const order = { by: "accuracy", down: true };
let picked = [];
let comparing = false;

const within = (point) =>
  Object.entries(bounds).every(([name, value]) =>
    METRICS[name].best === "max" ? shown(point, name) >= value : shown(point, name) <= value,
  );

function redraw() {
  const visible = DATA.points.filter(within);
  const front = visible.filter((point) => point.on_front);
  const total = DATA.points.filter((point) => point.on_front).length;
  byId("count").textContent =
    `${front.length} of ${total} front points and ${visible.length} of ${DATA.points.length} trained trials are within the bounds.` +
    (RUNGS.length > 1 ? ` Symbols: ${RUNGS.map((rung, i) => `${SYMBOLS[i % SYMBOLS.length]} ${rung}`).join(", ")}.` : "");
  drawPlot(visible, view, picked);
  drawTable(byId("table-others").checked ? visible : front, order, picked, sort, open);
}

function redrawAll() {
  redraw();
  drawDetail(picked, { comparing, compare, compareBaseline, swap, single, close });
}

function open(point, compare = false) {
  const second = (compare || comparing) && picked.length && picked[0] !== point;
  picked = second ? [picked[0], point] : [point];
  comparing = false;
  redrawAll();
  byId("detail").scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function change(next, focus) {
  next();
  redrawAll();
  byId(focus)?.focus();
}

const compare = () => change(() => (comparing = !comparing), "compare");
const compareBaseline = () => change(() => (picked = [picked[0], DATA.baseline]), "detail-title");
const swap = () => change(() => picked.reverse(), "swap");
const single = () => change(() => (picked = [picked[0]]), "detail-title");
const close = () => change(() => ((picked = []), (comparing = false)), "axis-x");

function sort(name) {
  order.down = order.by === name ? !order.down : METRICS[name]?.best === "max";
  order.by = name;
  redraw();
}

// A slider and a number field for one bound; both ends of the slider include every point.
function boundControl(name) {
  const values = DATA.points.map((point) => shown(point, name));
  const { label, unit, best, scale } = METRICS[name];
  const whole = unit === "bytes";
  const span = Math.max(...values) - Math.min(...values);
  const step = whole ? 1 : 10 ** Math.floor(Math.log10((span || 1) / 100));
  const down = (value) => Number((Math.floor(value / step) * step).toFixed(8));
  const up = (value) => Number((Math.ceil(value / step) * step).toFixed(8));
  const [low, high] = [down(Math.min(...values)), up(Math.max(...values))];
  const start = best === "max" ? low : high;
  const given = { min: low, max: high, step, value: start };
  const slider = element("input", { type: "range", id: `${name}-slider`, "aria-label": `${label}, slider`, ...given });
  const field = element("input", { type: "number", id: `${name}-bound`, ...given });
  const apply = (value) => {
    bounds[name] = value;
    redraw();
  };
  slider.addEventListener("input", () => apply(Number((field.value = slider.value))));
  field.addEventListener("input", () => {
    if (field.value === "") return;
    slider.value = field.value;
    apply(Number(field.value));
  });
  const reset = () => {
    slider.value = field.value = start;
    delete bounds[name];
  };
  const text = `${label} at ${best === "max" ? "least" : "most"} (${unit})`;
  const row = element("div", { class: "bound" }, element("label", { for: `${name}-bound` }, text), field, slider);
  return { row, reset };
}

function setUpBounds() {
  const form = byId("bounds");
  form.addEventListener("submit", (event) => event.preventDefault());
  const controls = AXES.map(boundControl);
  const reset = () => {
    controls.forEach((control) => control.reset());
    redraw();
  };
  form.append(
    ...controls.map((control) => control.row),
    element("button", { type: "button", id: "reset", click: reset }, "Reset bounds"),
  );
}

function setUpAxes() {
  const options = (chosen, names) =>
    names.map((name) => {
      const option = element("option", { value: name }, name ? heading(name) : "none");
      option.selected = name === chosen;
      return option;
    });
  const select = (id, key, names) => {
    byId(id).append(...options(view[key], names));
    byId(id).addEventListener("change", (event) => ((view[key] = event.target.value), redraw()));
  };
  select("axis-x", "x", AXES);
  select("axis-y", "y", AXES);
  select("axis-colour", "colour", ["", ...AXES]);
  const check = (id, key) =>
    byId(id).addEventListener("change", (event) => ((view[key] = event.target.checked), redraw()));
  check("show-others", "others");
  check("show-baseline", "baseline");
  byId("table-others").addEventListener("change", redraw);
}

function setUpHeader() {
  byId("facts").append(
    ...DATA.facts.flatMap(({ label, text }) => [element("dt", {}, label), element("dd", {}, text)]),
  );
  byId("notes").hidden = !DATA.notes.length;
  byId("notes").append(...DATA.notes.map((text) => element("li", {}, text)));
}

function clicked(event) {
  const trial = event.points[0].customdata;
  const point = DATA.points.find((each) => each.trial === trial) ?? DATA.baseline;
  open(point, event.event?.shiftKey);
}

setUpHeader();
if (DATA.points.length) {
  setUpAxes();
  setUpBounds();
  redrawAll();
  drawCurve();
  byId("plot").on("plotly_click", clicked);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (redraw(), drawCurve()));
} else {
  document.querySelectorAll(".drawn").forEach((section) => (section.hidden = true));
}
