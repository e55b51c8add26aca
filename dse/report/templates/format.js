// What a point's figures are called, how they are written, and how elements are made.
// Text only ever enters the page as text, never as markup.

const DATA = JSON.parse(document.getElementById("data").textContent);

const thousands = (value) => Math.round(value).toLocaleString("en");
const precise = (value) => (value >= 1000 ? thousands(value) : value.toPrecision(4));

// scale: from the stored figure to the shown one; best: the better end.
const METRICS = {
  accuracy: { label: "accuracy", unit: "%", scale: 100, best: "max", text: (v) => v.toFixed(2) },
  test_accuracy: { label: "test accuracy", unit: "%", scale: 100, best: "max", text: (v) => v.toFixed(2) },
  latency_ms: { label: "latency", unit: "ms", scale: 1, best: "min", text: precise },
  ram_bytes: { label: "RAM", unit: "bytes", scale: 1, best: "min", text: thousands },
  flash_bytes: { label: "flash", unit: "bytes", scale: 1, best: "min", text: thousands },
  energy_mj: { label: "energy", unit: "mJ", scale: 1, best: "min", text: precise },
  cycles: { label: "cycles", unit: "", scale: 1, best: "min", text: thousands },
  macs: { label: "MACs", unit: "", scale: 1, best: "min", text: thousands },
};

const known = (name) => DATA.points.some((point) => point[name] !== null);
const AXES = ["accuracy", "latency_ms", "ram_bytes", "flash_bytes", "energy_mj"].filter(
  (name) => name !== "energy_mj" || DATA.baseline.energy_mj !== null,
);
const FIGURES = Object.keys(METRICS).filter(known);

const heading = (name) => {
  const { label, unit } = METRICS[name];
  return unit ? `${label} (${unit})` : label;
};
const shown = (point, name) => (point[name] === null ? null : point[name] * METRICS[name].scale);
const written = (point, name) => (point[name] === null ? "–" : METRICS[name].text(shown(point, name)));
const nameOf = (point) => (point.trial === null ? "uncompressed" : `trial ${point.trial}`);
const changesOf = (point) =>
  point.changes.map(([site, option]) => `${site} ${option}`).join(", ") || "uncompressed";

// An element with attributes (functions are listeners, null is left out) and children.
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key, value);
    else if (value !== null) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

// A table of texts; columns: [heading, whether its cells are numbers].
function textTable(columns, rows, caption) {
  const cell = (tag, text, index) =>
    element(tag, { class: columns[index][1] ? "number" : null, scope: tag === "th" ? "col" : null }, text);
  return element(
    "table",
    {},
    ...(caption ? [element("caption", {}, caption)] : []),
    element("thead", {}, element("tr", {}, ...columns.map(([text], i) => cell("th", text, i)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((text, i) => cell("td", text, i))))),
  );
}

const scrolling = (table, label) =>
  element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);
