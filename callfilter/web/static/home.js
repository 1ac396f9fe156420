// The calls of 30 days as stacked bars, drawn when the rest of the page stands: what has to be read at once are the
// counts above it. The table under the chart says the same.
"use strict";

(() => {
  const place = document.getElementById("chart");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chart = null;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // One on top of the other: each series is the sum of itself and those below, and the tallest is drawn first.
  const stacked = (given) => {
    const sums = [];
    for (const action of Object.keys(given.actions)) {
      const below = sums.at(-1)?.values;
      sums.push({ action, values: given.calls[action].map((calls, day) => calls + (below ? below[day] : 0)) });
    }
    return sums.reverse();
  };

  const draw = () => {
    const given = JSON.parse(document.getElementById("counts").dataset.chart);
    const sums = stacked(given);
    const written = new Intl.DateTimeFormat(document.documentElement.lang, { month: "short", day: "numeric", timeZone: "UTC" });
    const days = given.days.map((day) => written.format(new Date(day)));
    chart?.destroy();
    const text = colour("--pico-muted-color");
    const axis = { stroke: text, grid: { stroke: colour("--pico-muted-border-color"), width: 1 }, ticks: { show: false } };
    const bars = uPlot.paths.bars({ size: [0.7, 40], radius: 0.1 });
    chart = new uPlot({
      width: place.clientWidth,
      height: 230,
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      select: { show: false },
      scales: { x: { time: false, range: [-0.6, days.length - 0.4] }, y: { range: (_, __, most) => [0, Math.max(most, 4) * 1.05] } },
      axes: [
        { ...axis, grid: { show: false }, space: 60, incrs: [1, 2, 5, 7, 10, 15], values: (_, places) => places.map((place) => days[place] ?? "") },
        { ...axis, size: 48, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000, 1000000] },
      ],
      series: [
        { value: (_, day) => days[day] ?? "", label: given.label },
        ...sums.map(({ action }) => ({
          label: given.actions[action],
          fill: colour(`--${action}`),
          stroke: colour(`--${action}`),
          width: 0,
          paths: bars,
          points: { show: false },
          value: (_, __, ___, day) => (day === null ? "" : String(given.calls[action][day])),
        })),
      ],
    }, [days.map((_, day) => day), ...sums.map(({ values }) => values)], place);
  };

  const begin = () => {
    draw();
    // Told when the frame with it has been made, for who measures.
    requestAnimationFrame(() => setTimeout(() => performance.mark("drawn")));
    dark.addEventListener("change", draw);
    new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: 230 })).observe(place);
    document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "counts") draw(); });
  };

  const load = () => {
    const script = document.createElement("script");
    script.src = place.dataset.script;
    script.addEventListener("load", begin);
    document.head.append(script);
  };

  // A frame is asked for before it is painted: the one after it comes when the page is there to be read.
  requestAnimationFrame(() => requestAnimationFrame(load));
})();
