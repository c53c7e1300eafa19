import { byteName, short } from "./statistics";

/** One bar: how many times less CPU time than the `ws` module. */
export interface Bar {
  work: string;
  size: number;
  ratio: number;
}

/** Draws how many times less CPU time this library takes than Espruino's ws module. Returns an SVG file. */
export async function draw(bars: Bar[], caption: string): Promise<string> {
  const { parseHTML } = await import("linkedom");
  const Plot = await import("@observablehq/plot");
  const { document } = parseHTML("<html></html>");
  const sizes = [...new Set(bars.map((bar) => bar.size))].sort((a, b) => a - b).map(byteName);
  const rows = bars.map((bar) => ({ ...bar, size: byteName(bar.size), label: `${short(bar.ratio)}×` }));
  const svg = Plot.plot({
    document,
    width: 720,
    height: 90 + rows.length * 26,
    marginLeft: 70,
    marginRight: 60,
    style: { background: "white", color: "#222", fontSize: "13px" },
    x: {
      type: "log",
      label: "times less CPU time than Espruino's ws module (logarithmic) →",
      grid: true,
      ticks: 5,
      tickFormat: "~s",
    },
    y: { label: null, domain: sizes, axis: null },
    fy: { label: null, domain: [...new Set(rows.map((row) => row.work))] },
    color: { scheme: "Tableau10" },
    marks: [
      Plot.ruleX([1]),
      Plot.barX(rows, { x1: 1, x2: "ratio", y: "size", fy: "work", fill: "work", inset: 2 }),
      Plot.text(rows, { x: "ratio", y: "size", fy: "work", text: "label", textAnchor: "start", dx: 5 }),
      Plot.axisY({ label: null, tickSize: 0 }),
    ],
  });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", caption);
  return `${svg.outerHTML}\n`;
}
