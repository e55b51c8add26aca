// The scatter plot of the points and the curve of the hypervolume.

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
// Plotly reads a few tags and entities in texts; names of a user's layers must stay plain.
const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const SYMBOLS = ["circle", "square", "diamond", "triangle-up"];
const RUNGS = [...new Set(DATA.points.map((point) => point.rung))].sort();
const CONFIG = { displaylogo: false, responsive: true, modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]] };

function hoverText(point) {
  const figures = FIGURES.map((name) => `${METRICS[name].label} ${written(point, name)} ${METRICS[name].unit}`);
  const changes = changesOf(point);
  const short = changes.length > 70 ? `${changes.slice(0, 70)}…` : changes;
  return [`<b>${nameOf(point)}</b>, ${plain(point.rung)}`, ...figures, plain(short)].join("<br>");
}

function range(points, name) {
  const values = points.map((point) => shown(point, name));
  const low = Math.min(...values);
  const high = Math.max(...values);
  const margin = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - margin, high + margin];
}

// The points that are best for two axes alone, from left to right.
function staircase(points, x, y) {
  const sign = (name) => (METRICS[name].best === "max" ? -1 : 1);
  const cost = (point) => [sign(x) * point[x], sign(y) * point[y]];
  const sorted = [...points].sort((a, b) => cost(a)[0] - cost(b)[0] || cost(a)[1] - cost(b)[1]);
  let best = Infinity;
  const kept = sorted.filter((point) => cost(point)[1] < best && ((best = cost(point)[1]), true));
  return sign(x) < 0 ? kept.reverse() : kept;
}

function trace(points, view, extra) {
  return {
    type: "scatter",
    mode: "markers",
    x: points.map((point) => shown(point, view.x)),
    y: points.map((point) => shown(point, view.y)),
    customdata: points.map((point) => point.trial ?? "uncompressed"),
    text: points.map(hoverText),
    hovertemplate: "%{text}<extra></extra>",
    ...extra,
  };
}

const symbols = (points) => points.map((point) => SYMBOLS[RUNGS.indexOf(point.rung) % SYMBOLS.length]);

function frontTrace(points, all, view) {
  const colour = view.colour && METRICS[view.colour];
  const [cmin, cmax] = colour ? range(all, view.colour) : [0, 1];
  const narrow = matchMedia("(max-width: 760px)").matches;
  const bar = {
    title: { text: colour ? heading(view.colour) : "", side: narrow ? "top" : "right" },
    thickness: 12,
    outlinewidth: 0,
    ...(narrow ? { orientation: "h", y: 1, yanchor: "bottom" } : {}),
  };
  return trace(points, view, {
    name: "front",
    marker: {
      size: 11,
      symbol: symbols(points),
      line: { width: 1, color: css("--edge") },
      ...(colour
        ? { color: points.map((p) => shown(p, view.colour)), colorscale: "Viridis", cmin, cmax, colorbar: bar }
        : { color: css("--accent") }),
    },
  });
}

function traces(visible, view, picked) {
  const front = visible.filter((point) => point.on_front);
  const steps = staircase(visible, view.x, view.y);
  const line = trace(steps, view, {
    mode: "lines",
    name: "best of these two axes",
    hoverinfo: "skip",
    hovertemplate: null,
    line: { shape: METRICS[view.x].best === "max" ? "vh" : "hv", width: 1, color: css("--quiet"), dash: "dot" },
  });
  const others = trace(view.others ? visible.filter((point) => !point.on_front) : [], view, {
    name: "dominated",
    marker: { size: 7, color: css("--quiet"), opacity: 0.55 },
  });
  others.marker.symbol = symbols(visible.filter((point) => !point.on_front));
  const list = [line, others, frontTrace(front, DATA.points.filter((p) => p.on_front), view)];
  if (view.baseline) {
    const star = { symbol: "star", size: 14, color: css("--second") };
    list.push(trace([DATA.baseline], view, { name: "uncompressed", marker: star }));
  }
  picked.forEach((point, index) => {
    const ring = { symbol: "circle-open", size: 20, color: css(index ? "--second" : "--accent"), line: { width: 3 } };
    list.push(trace([point], view, { name: nameOf(point), marker: ring, hoverinfo: "skip", hovertemplate: null }));
  });
  return list;
}

function layout(view) {
  const included = [
    ...DATA.points.filter((point) => view.others || point.on_front),
    ...(view.baseline ? [DATA.baseline] : []),
  ];
  const axis = (name) => ({
    title: { text: heading(name) },
    range: included.length ? range(included, name) : undefined,
    gridcolor: css("--line"),
    zeroline: false,
  });
  const bound = (name) => DATA.bounds[name];
  const dashes = { width: 1.5, dash: "dash", color: css("--second") };
  const shapes = [];
  if (bound(view.x)) shapes.push({ type: "line", x0: bound(view.x), x1: bound(view.x), yref: "paper", y0: 0, y1: 1, line: dashes });
  if (bound(view.y)) shapes.push({ type: "line", y0: bound(view.y), y1: bound(view.y), xref: "paper", x0: 0, x1: 1, line: dashes });
  return { ...base(), xaxis: axis(view.x), yaxis: axis(view.y), shapes, hovermode: "closest" };
}

function base() {
  return {
    autosize: true,
    showlegend: false,
    margin: { l: 60, r: 10, t: 10, b: 50 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: css("--text"), family: "system-ui, sans-serif", size: 13 },
    hoverlabel: { align: "left", bgcolor: css("--panel"), bordercolor: css("--quiet"), font: { color: css("--text") } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: css("--quiet"), activecolor: css("--accent") },
  };
}

const drawPlot = (visible, view, picked) =>
  Plotly.react("plot", traces(visible, view, picked), layout(view), CONFIG);

function drawCurve() {
  const { trained, value, reference } = DATA.curve;
  document.getElementById("reference").textContent =
    `Share of the box between the ideal point and the reference point (${reference}) that the front dominates` +
    (value.length ? `: ${value.at(-1).toFixed(4)} at the end.` : ".");
  const line = {
    x: trained,
    y: value,
    mode: trained.length > 1 ? "lines" : "markers",
    line: { shape: "hv", color: css("--accent"), width: 2 },
    hovertemplate: "%{y:.4f} after %{x} trials<extra></extra>",
  };
  const axis = (text) => ({ title: { text }, gridcolor: css("--line"), zeroline: false, rangemode: "tozero" });
  const frame = { ...base(), xaxis: axis("trained trials"), yaxis: axis("hypervolume") };
  Plotly.react("curve", [line], frame, CONFIG);
}
