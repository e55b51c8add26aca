// The panel of one picked point, or of two beside each other.

const LAYER = Object.fromEntries(DATA.layer_columns.map((name, index) => [name, index]));
const LAYER_HEADINGS = {
  layer: "layer",
  op: "op",
  shape: "output (h×w×c)",
  weights: "weights",
  stored: "stored as",
  macs: "MACs",
  cycles: "cycles",
  cycles_percent: "share of cycles (%)",
  constant_bytes: "constants (bytes)",
};
const NUMBERS = ["macs", "cycles", "cycles_percent", "constant_bytes"];

function layerText(row, name) {
  const value = row[LAYER[name]];
  if (!NUMBERS.includes(name)) return String(value ?? "");
  return name === "cycles_percent" ? value.toFixed(1) : thousands(value);
}

function layerTable(point) {
  if (point.layers === null) {
    return element("p", {}, `The layer table of this trial is not in the page: dse show ${DATA.run} ${point.trial}`);
  }
  const names = DATA.layer_columns.filter((name) => LAYER_HEADINGS[name]);
  const columns = names.map((name) => [LAYER_HEADINGS[name], NUMBERS.includes(name)]);
  const table = textTable(columns, point.layers.map((row) => names.map((name) => layerText(row, name))));
  point.layers.forEach((row, index) => {
    const cell = table.tBodies[0].rows[index].cells[names.indexOf("cycles_percent")];
    cell.classList.add("bar");
    cell.style.setProperty("--share", `${row[LAYER.cycles_percent]}%`);
  });
  return scrolling(table, `Layers of ${nameOf(point)}`);
}

function copyButton(command) {
  const status = element("span", { role: "status", class: "quiet" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command);
    } catch {
      const area = element("textarea", {}, command);
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    status.textContent = "copied";
  };
  return [element("button", { type: "button", id: "copy", click: copy }, "Copy"), status];
}

function exportCommand(point) {
  if (!point.export) return [];
  const code = element("code", { id: "export-command" }, point.export);
  return [
    element("h3", {}, `Export ${nameOf(point)} as C`),
    element("div", { class: "command" }, code, ...copyButton(point.export)),
  ];
}

function figures(points) {
  const rows = FIGURES.map((name) => {
    const row = [heading(name), ...points.map((point) => written(point, name))];
    if (points.length < 2) return row;
    const [one, two] = points.map((point) => shown(point, name));
    if (one === null || two === null) return [...row, "–"];
    const change = METRICS[name].unit === "%" ? `${(two - one).toFixed(2)} points` : one ? `${((100 * (two - one)) / one).toFixed(1)} %` : "–";
    return [...row, two > one ? `+${change}` : change];
  });
  rows.push(["rung", ...points.map((point) => point.rung), ...(points.length > 1 ? [""] : [])]);
  const columns = [["figure", false], ...points.map((point) => [nameOf(point), true])];
  if (points.length > 1) columns.push(["difference", true]);
  return scrolling(textTable(columns, rows), "Figures");
}

function changedSites(point) {
  if (!point.changes.length) return element("p", {}, "No site is changed.");
  const before = Object.fromEntries(DATA.sites);
  const rows = point.changes.map(([site, option]) => [site, before[site], option]);
  return scrolling(textTable([["site", false], ["uncompressed", false], ["here", false]], rows), "Changed sites");
}

function differingSites(one, two) {
  const [first, second] = [one, two].map((point) => Object.fromEntries(point.changes));
  const rows = DATA.sites
    .map(([site, option]) => [site, first[site] ?? option, second[site] ?? option])
    .filter(([, a, b]) => a !== b);
  if (!rows.length) return element("p", {}, "The same configuration.");
  return scrolling(textTable([["site", false], [nameOf(one), false], [nameOf(two), false]], rows), "Sites that differ");
}

function layersBeside(one, two) {
  if (one.layers === null || two.layers === null) return layerTable(one.layers === null ? one : two);
  const rowsOf = (point) => new Map(point.layers.map((row) => [row[LAYER.layer], row]));
  const [first, second] = [rowsOf(one), rowsOf(two)];
  const names = [...new Set([...first.keys(), ...second.keys()])];
  const text = (rows, name, column) => (rows.has(name) ? layerText(rows.get(name), column) : "–");
  const pairs = [["weights", "weights", false], ["shape", "output", false], ["cycles", "cycles", true], ["constant_bytes", "constants (bytes)", true]];
  const columns = [["layer", false], ...pairs.flatMap(([, label, number]) => [one, two].map((p) => [`${label}, ${p.trial ?? "uncompressed"}`, number]))];
  const rows = names.map((name) => [name, ...pairs.flatMap(([column]) => [text(first, name, column), text(second, name, column)])]);
  const table = textTable(columns, rows);
  names.forEach((name, index) => {
    const tail = (rows) => rows.get(name)?.slice(1).join("|");
    if (tail(first) === tail(second)) table.tBodies[0].rows[index].classList.add("quiet");
  });
  return scrolling(table, "Layers beside each other");
}

function drawDetail(picked, actions) {
  const panel = document.getElementById("detail");
  panel.hidden = !picked.length;
  if (!picked.length) return;
  const [one, two] = picked;
  const title = two ? `${nameOf(one)} and ${nameOf(two)}` : nameOf(one);
  document.getElementById("detail-title").textContent = title[0].toUpperCase() + title.slice(1);
  const button = (text, id, click, pressed = null) =>
    element("button", { type: "button", id, click, "aria-pressed": pressed }, text);
  const buttons = two
    ? [button("Swap", "swap", actions.swap), button("End comparison", "single", actions.single)]
    : [
        button(actions.comparing ? "Now pick another point" : "Compare with another point", "compare", actions.compare, String(actions.comparing)),
        ...(one.trial === null ? [] : [button("Compare with uncompressed", "compare-baseline", actions.compareBaseline)]),
      ];
  const title3 = (text) => element("h3", {}, text);
  const sites = two
    ? [title3("Sites that differ"), differingSites(one, two)]
    : [title3("Changed sites"), changedSites(one)];
  const layers = two
    ? [title3("Layers beside each other"), layersBeside(one, two)]
    : [title3("Layers"), layerTable(one)];
  document.getElementById("detail-body").replaceChildren(
    element("div", { class: "controls" }, ...buttons, button("Close", "close", actions.close)),
    element("div", { class: "columns" }, element("div", {}, figures(picked)), element("div", {}, ...exportCommand(one), ...sites)),
    ...layers,
  );
}
