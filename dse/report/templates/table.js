// The sortable table of the points within the bounds.

const TABLE_FIGURES = FIGURES.filter((name) => name !== "cycles");

function sortPoints(points, order) {
  const key = (point) => (order.by === "trial" ? point.trial : point[order.by]);
  const compare = (a, b) => (key(a) === null) - (key(b) === null) || key(a) - key(b);
  return [...points].sort((a, b) => compare(a, b) * (order.down ? -1 : 1) || a.trial - b.trial);
}

function headCell(name, text, order, sort) {
  const active = order.by === name;
  const arrow = active ? (order.down ? " ▾" : " ▴") : "";
  return element(
    "th",
    { scope: "col", class: "number", "aria-sort": active ? (order.down ? "descending" : "ascending") : null },
    element("button", { type: "button", class: "plain", id: `sort-${name}`, click: () => sort(name) }, text + arrow),
  );
}

function pointRow(point, picked, open) {
  const mark = picked.indexOf(point);
  const button = (text, compare, label) =>
    element("button", { type: "button", "aria-label": label, click: (event) => (event.stopPropagation(), open(point, compare)) }, text);
  return element(
    "tr",
    {
      "data-trial": point.trial,
      class: [mark === 0 ? "first" : mark === 1 ? "second" : "", point.on_front ? "" : "quiet"].join(" "),
      click: (event) => open(point, event.shiftKey),
    },
    element("td", { class: "number" }, button(String(point.trial), false, `Open trial ${point.trial}`)),
    element("td", {}, button("Compare", true, `Compare with trial ${point.trial}`)),
    ...TABLE_FIGURES.map((name) => element("td", { class: "number" }, written(point, name))),
    element("td", { class: "changes" }, element("span", { title: changesOf(point) }, changesOf(point))),
  );
}

// Draws anew, and gives the focus back to the control that had it.
function drawTable(points, order, picked, sort, open) {
  const table = document.getElementById("points");
  const row = document.activeElement?.closest("#points tr")?.dataset.trial;
  const label = document.activeElement?.getAttribute("aria-label");
  const focus = document.activeElement?.id;
  table.replaceChildren(
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        headCell("trial", "trial", order, sort),
        element("th", { scope: "col" }, element("span", { class: "hidden" }, "compare")),
        ...TABLE_FIGURES.map((name) => headCell(name, heading(name), order, sort)),
        element("th", { scope: "col" }, "changes"),
      ),
    ),
    element("tbody", {}, ...sortPoints(points, order).map((point) => pointRow(point, picked, open))),
  );
  if (focus?.startsWith("sort-")) document.getElementById(focus).focus();
  if (row && label) {
    const again = [...table.querySelectorAll("button")].find((each) => each.getAttribute("aria-label") === label);
    again?.focus({ preventScroll: true });
  }
}
