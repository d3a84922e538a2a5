// Draws data_visualization: bars for series, shares for a pie. Lines and areas are drawn as bars, too.

import { h } from "./dom.js";

/** A chart with its title; what it shows is also in its label, for who does not see it. */
export function drawChart(block) {
  const { chart } = block;
  const series = chart.type === "pie" ? [{ name: "", data: chart.segments }] : chart.series;
  const categories = chart.type === "pie" ? chart.segments.map((each) => each.label) : chart.axis_config.categories;
  const most = Math.max(...series.flatMap((each) => each.data.map((point) => Math.abs(point.value))), 0) || 1;
  const unit = chart.axis_config?.y_label ?? "";
  const said = series
    .flatMap((each) => each.data.map((point) => `${point.label}: ${point.value}${unit ? ` ${unit}` : ""}`))
    .join(", ");
  return h(
    "figure.bk-chart",
    { role: "img", "aria-label": `${block.title}. ${said}` },
    h("figcaption.bk-chart-title", {}, block.title),
    h(
      "div.bk-chart-plot",
      { "aria-hidden": "true" },
      categories.map((category, n) =>
        h(
          "div.bk-chart-column",
          {},
          h(
            "div.bk-chart-bars",
            {},
            series.map((each) => bar(each, each.data[n], most, unit)),
          ),
          h("span.bk-chart-label", {}, category),
        ),
      ),
    ),
    unit && h("span.bk-chart-unit", { "aria-hidden": "true" }, unit),
  );
}

function bar(series, point, most, unit) {
  const share = `${((100 * Math.abs(point.value)) / most).toFixed(1)}%`;
  const title = [series.name, `${point.value} ${unit}`.trim()].filter(Boolean).join(": ");
  return h("div.bk-chart-bar", { vars: { "--share": share }, title });
}
