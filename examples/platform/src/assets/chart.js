// Makes the chart of a station one to explore: values at the cursor, zoom, and new readings as they arrive.
"use strict";
(() => {
  const figure = document.querySelector("[data-chart]");
  if (!figure || !window.uPlot) return;
  const { station, channel, unit, zone, from, to, spanMs, intervalMs, valid, flags, ...words } = figure.dataset;
  const span_ms = spanMs ? Number(spanMs) : null;
  const valid_flags = new Set(valid.split(","));
  const flag_words = JSON.parse(flags);
  const number = (value) => String(Number(value.toPrecision(4)));
  const shown = (value) => (value == null ? "–" : `${number(value)} ${unit}`);

  // What the chart has, and the length of the windows whose means it shows; `null` for readings.
  let points = [];
  let step_ms = null;
  let limits = [];
  let chart = null;
  const ask = async (start, end) => {
    const query = new URLSearchParams({ station, channel, from: start });
    if (end) query.set("to", end);
    const answer = await fetch(`/api/series?${query}`);
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    const body = await answer.json();
    const points = body.points.map((point) => ({ ...point, ms: Date.parse(point.time) }));
    return { ...body, points, end_ms: Date.parse(body.to) };
  };
  const time = (ms) => new Date(ms).toISOString();
  const load = async (start, end) => {
    const body = await ask(start, end);
    ({ points, step_ms } = body);
    // The lines of the chart are those of its first drawing.
    if (!chart) limits = body.limits;
  };
  // Takes what is new: readings from the last one on, or all means again once a reading is behind the last window.
  const follow = async () => {
    const last = points[points.length - 1];
    if (!last) return load(from);
    const news = await ask(time(last.ms - (step_ms ?? 0)));
    if (step_ms) return news.end_ms > last.ms ? load(time(news.end_ms - 1 - span_ms)) : null;
    const first = news.points.length ? news.points[0].ms : Infinity;
    points = points.filter((point) => point.ms < first).concat(news.points);
    points = points.filter((point) => point.ms >= news.end_ms - 1 - span_ms);
    return null;
  };

  // The rows of the chart: the points, and a row without a value where readings are missing, which breaks the line.
  let rows = [];
  const fill_rows = (interval_ms) => {
    rows = [];
    let before = null;
    for (const point of points) {
      if (before && point.ms - before.ms > 2.5 * interval_ms) rows.push({ ms: before.ms + interval_ms, flag: "normal", value: null });
      rows.push(point);
      before = point;
    }
  };

  const style = getComputedStyle(figure);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const font = `12px ${style.fontFamily}`;
  const label_of = (index) => {
    const row = rows[index];
    return row ? `${row.value == null ? "–" : shown(row.value)}, ${flag_words[row.flag] ?? row.flag}` : "–";
  };
  const line = { grid: { stroke: colour("grid"), width: 1 }, ticks: { stroke: colour("grid"), width: 1 }, stroke: colour("axis"), font };
  const moment = window.uPlot.fmtDate("{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}");
  const local = (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), zone);
  const day = "\n{YYYY}-{MM}-{DD}";
  const axis_times = [
    [31536000, "{YYYY}", null, null, null, null, null, null, 1],
    [2419200, "{YYYY}-{MM}", null, null, null, null, null, null, 1],
    [86400, "{MM}-{DD}", "\n{YYYY}", null, null, null, null, null, 1],
    [3600, "{HH}:{mm}", day, null, day, null, null, null, 1],
    [60, "{HH}:{mm}", day, null, day, null, null, null, 1],
    [1, "{HH}:{mm}:{ss}", day, null, day, null, null, null, 1],
    [0.001, "{ss}.{fff}", day, null, day, null, null, null, 1],
  ];
  const width_of = (_, values) => (values ? Math.max(48, 18 + 7.5 * Math.max(...values.map((value) => String(value).length))) : 48);
  // The lines of the chart, each with its value in a row.
  const line_of_values = {
    of: (row) => (row.flag === "mean" || valid_flags.has(row.flag) ? row.value : null),
    stroke: colour("series"), width: 2, value: (_, value) => shown(value), points: { size: 5 },
  };
  const line_of_flags = {
    of: (row) => (row.flag === "normal" ? null : row.value ?? 0),
    label: words.flagged, stroke: colour("flag"), paths: () => null, points: { show: true, size: 8, width: 2, fill: "#fff", space: 0 },
    value: (_, value, __, index) => (value == null ? "–" : label_of(index)),
  };
  const line_of_extreme = (name) => (
    { of: (row) => row[name] ?? null, label: words[name], stroke: "transparent", value: (_, value) => shown(value), points: { show: false } });
  const line_of_limit = ({ name, value }) => (
    { of: () => value, label: name === "detection limit" ? words.detection : name, stroke: colour("limit"), paths: () => null, value: () => shown(value), points: { show: false }, limit: value });
  // Limits hold over the whole range, also where there are no readings.
  const draw_limits = (chart) => {
    const { ctx, bbox } = chart;
    const ratio = window.uPlot.pxRatio;
    ctx.save();
    ctx.strokeStyle = colour("limit");
    ctx.lineWidth = 2 * ratio;
    ctx.setLineDash([9 * ratio, 6 * ratio]);
    ctx.beginPath();
    for (const { limit } of chart.series.filter((line) => line.limit !== undefined && line.show)) {
      const y = Math.round(chart.valToPos(limit, "y", true));
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
    }
    ctx.stroke();
    ctx.restore();
  };
  let lines = [];
  const choose_lines = () => {
    const of_values = step_ms
      ? [{ ...line_of_values, label: words.mean }, line_of_extreme("min"), line_of_extreme("max")]
      : [{ ...line_of_values, label: words.value }, line_of_flags];
    lines = [...of_values, ...limits.map(line_of_limit)];
  };
  const columns = () => [rows.map((row) => row.ms / 1000), ...lines.map((line) => rows.map(line.of))];

  const is_whole = ({ data: [times] }, least, greatest) => !times.length || (least === times[0] && greatest === times[times.length - 1]);
  const options = (width) => ({
    width, height: width < 480 ? 240 : 320, tzDate: local, series: [{ label: words.time, value: (_, seconds) => (seconds == null ? "–" : moment(local(seconds))) }, ...lines],
    bands: step_ms ? [{ series: [3, 2], fill: colour("band") }] : [],
    scales: {
      // A double click, and the first drawing, ask for the range of the readings: they get the whole one.
      x: { range: (chart, least, greatest) => (is_whole(chart, least, greatest) ? Object.values(whole_range()) : [least, greatest]) },
      y: { range: (_, least, greatest) => window.uPlot.rangeNum(Math.min(0, least ?? 0), Math.max(0, greatest ?? 1), 0.08, true) },
    },
    axes: [{ ...line, values: axis_times, space: 70 }, { ...line, size: width_of, values: (_, splits) => splits.map(number) }],
    cursor: { drag: { x: true, y: false, dist: 5 }, points: { size: 9 } },
    hooks: { ready: [show_newest], draw: [draw_limits], setScale: [(chart, key) => { if (key === "x") show_zoom(chart); }] },
  });

  // The parts of the page that are there for readers with script alone.
  const make = (name, className, text = "") => Object.assign(document.createElement(name), { className, textContent: text });
  const plot = make("div", "chart-plot");
  const [tools, help, whole, said] = [make("div", "chart-tools"), make("p", "small soft", words.help), make("button", "quiet", words.whole), make("p", "small")];
  let is_zoomed = false;
  // The whole range, which may have no readings at its ends.
  const whole_range = () => {
    const end_ms = span_ms ? points[points.length - 1].ms : Date.parse(to);
    return { min: (span_ms ? end_ms - span_ms : Date.parse(from)) / 1000, max: end_ms / 1000 };
  };
  const show_zoom = ({ scales: { x } }) => {
    const { min, max } = whole_range();
    is_zoomed = x.min > min || x.max < max;
    whole.hidden = !is_zoomed;
  };
  const show_whole = () => chart.setScale("x", whole_range());
  const show_newest = (chart) => {
    if (chart.cursor.left < 0) chart.setLegend({ idx: chart.data[0].length - 1 });
  };
  const draw = () => {
    fill_rows(step_ms ?? Number(intervalMs));
    if (!chart) {
      choose_lines();
      figure.append(plot, tools);
      figure.classList.add("is-live");
      chart = new window.uPlot(options(plot.clientWidth - 16), columns(), plot);
      new ResizeObserver(() => {
        const { width, height } = options(plot.clientWidth - 16);
        if (width !== chart.width) chart.setSize({ width, height });
      }).observe(plot);
    } else {
      chart.setData(columns(), false);
      if (is_zoomed) chart.redraw();
      else show_whole();
      show_newest(chart);
    }
  };

  // Arrows move the cursor, plus and minus zoom at it, Escape shows the whole range.
  let at = null;
  const move_to = (index) => {
    at = Math.max(0, Math.min(index, rows.length - 1));
    const seconds = chart.data[0][at];
    const { min, max } = chart.scales.x;
    if (seconds < min || seconds > max) {
      const by = seconds < min ? seconds - min : seconds - max;
      chart.setScale("x", { min: min + by, max: max + by });
    }
    // The chart moves once this is done.
    queueMicrotask(() => chart.setCursor({ left: chart.valToPos(seconds, "x"), top: chart.valToPos(chart.data[1][at] ?? 0, "y") }));
    said.textContent = `${moment(local(seconds))}: ${label_of(at)}`;
  };
  const zoom = (factor) => {
    const { min, max } = chart.scales.x;
    const range = whole_range();
    const middle = at === null ? (min + max) / 2 : chart.data[0][at];
    const half = ((max - min) * factor) / 2;
    chart.setScale("x", { min: Math.max(range.min, middle - half), max: Math.min(range.max, middle + half) });
  };
  const keys = {
    ArrowLeft: () => move_to((at ?? rows.length) - 1),
    ArrowRight: () => move_to((at ?? -1) + 1),
    Home: () => move_to(0),
    End: () => move_to(rows.length - 1),
    "+": () => zoom(0.5),
    "-": () => zoom(2),
    Escape: show_whole,
  };
  const prepare = () => {
    const picture = figure.querySelector("svg");
    plot.tabIndex = 0;
    plot.setAttribute("role", "application");
    plot.setAttribute("aria-label", picture.getAttribute("aria-label"));
    help.id = "chart-help";
    plot.setAttribute("aria-describedby", help.id);
    said.setAttribute("role", "status");
    whole.type = "button";
    whole.hidden = true;
    whole.addEventListener("click", show_whole);
    tools.append(help, whole, said);
    plot.addEventListener("keydown", (event) => {
      const act = keys[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act();
    });
  };

  // Readings that arrive while others are fetched are fetched next. If they cannot be fetched, the next change tries again.
  let is_fetching = false;
  let is_stale = false;
  const refresh = async (fetch_next = follow) => {
    if (is_fetching) { is_stale = true; return; }
    is_fetching = true;
    try {
      do {
        is_stale = false;
        const is_fetched = await fetch_next().then(() => true, () => false);
        if (is_fetched && points.length) draw();
        fetch_next = follow;
      } while (is_stale);
    } finally {
      is_fetching = false;
    }
  };
  prepare();
  if (span_ms) document.addEventListener("live", (event) => { if (event.detail === "stations") refresh(); });
  refresh(() => load(from, to));
})();
