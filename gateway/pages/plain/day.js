// The coming 24 hours of many feeds as a picture: a column for each quarter of an hour, as high as there are runs in it.
import { element, numbers } from "./graphql.js";
import { clock, DAY, draw, hourLines, marks, nameOf } from "./runs.js";

const QUARTER = 15 * 60_000;
const COLUMNS = DAY / QUARTER;
const HEIGHT = 190;
const AXIS = 24;
const NEXT = 6; // runs that are named
const TYPES = ["ITEM", "ORDER", "ALLOCATION", "TRACKING", "OTHER"];
const NAMES = { ITEM: "items", ORDER: "orders", ALLOCATION: "allocations", TRACKING: "tracking", OTHER: "other" };

/** How many runs of each type there are in each quarter of an hour. */
function counted(feeds, from) {
  const columns = Array.from({ length: COLUMNS + 1 }, () => ({}));
  for (const feed of feeds) {
    for (const run of marks(feed, from)) {
      const column = columns[Math.floor((run - Math.floor(from / QUARTER) * QUARTER) / QUARTER)];
      if (column) column[feed.type] = (column[feed.type] ?? 0) + 1;
    }
  }
  return columns;
}

const sum = (column) => Object.values(column).reduce((all, each) => all + each, 0);

function picture(columns, from, width, label) {
  const begin = Math.floor(from / QUARTER) * QUARTER;
  const left = 30;
  const x = (moment) => left + ((moment - begin) / (DAY + QUARTER)) * (width - left - 4);
  const most = Math.max(1, ...columns.map(sum));
  const base = HEIGHT - AXIS;
  const scale = (base - 12) / most;
  const svg = draw("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": label });
  for (const share of [0.5, 1]) {
    const count = Math.round(most * share);
    const y = base - count * scale;
    svg.append(draw("line", { class: "track", x1: left, x2: width - 4, y1: y, y2: y }));
    svg.append(draw("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, numbers.format(count)));
  }
  svg.append(...hourLines(begin, begin + DAY + QUARTER, x, width, width < 560 ? 6 : 3, { top: 0, bottom: base, text: HEIGHT - 6 }));
  const thick = Math.max(1.5, x(begin + QUARTER) - x(begin) - 1.5);
  columns.forEach((column, index) => {
    const at = begin + index * QUARTER;
    const group = draw("g", { class: "column" });
    let y = base;
    for (const type of TYPES.filter((each) => column[each])) {
      const height = column[type] * scale;
      y -= height;
      group.append(draw("rect", { "data-type": type, x: x(at) + 0.75, y, width: thick, height: Math.max(1, height - 0.5) }));
    }
    const parts = TYPES.filter((each) => column[each]).map((type) => `${column[type]} ${NAMES[type]}`);
    if (parts.length) group.append(draw("title", {}, `${clock.format(at)}: ${parts.join(", ")}`));
    svg.append(group);
  });
  svg.append(draw("line", { class: "now", x1: x(from), x2: x(from), y1: 0, y2: base }));
  return svg;
}

function legend(columns) {
  const items = TYPES.map((type) => [type, columns.reduce((all, column) => all + (column[type] ?? 0), 0)])
    .filter(([, count]) => count)
    .map(([type, count]) => element("li", { "data-type": type }, `${NAMES[type]} `, element("strong", {}, numbers.format(count))));
  return element("ul", { class: "legend" }, ...items);
}

function nextRuns(feeds, from) {
  const runs = feeds.flatMap((feed) => marks(feed, from).slice(0, 1).map((at) => [at, feed]));
  const items = runs
    .sort(([a], [b]) => a - b)
    .slice(0, NEXT)
    .map(([at, feed]) => element("li", {}, element("time", { datetime: new Date(at).toISOString() }, clock.format(at)), " ", nameOf(feed)));
  return element("ol", { class: "next" }, ...items);
}

function table(columns, from) {
  const begin = Math.floor(from / QUARTER) * QUARTER;
  const head = element("tr", {}, element("th", { scope: "col" }, "From"), ...TYPES.map((type) => element("th", { scope: "col" }, NAMES[type])));
  const hours = [];
  for (let first = 0; first < COLUMNS; first += 4) {
    const four = columns.slice(first, first + 4);
    const cells = TYPES.map((type) => element("td", {}, numbers.format(four.reduce((all, column) => all + (column[type] ?? 0), 0))));
    hours.push(element("tr", {}, element("th", { scope: "row" }, clock.format(begin + first * QUARTER)), ...cells));
  }
  const scrolled = element("div", { class: "scrolled", tabindex: "0", role: "group", "aria-label": "Runs by the hour" });
  scrolled.append(element("table", {}, element("thead", {}, head), element("tbody", {}, ...hours)));
  return element("details", {}, element("summary", {}, "As a table"), scrolled);
}

/**
 * Shows all runs inside of an element, drawn anew when its width changes.
 *
 * @param {HTMLElement} place
 * @param {object[]} feeds with their runs
 * @param {number} total how many feeds there are, of which some may not be shown
 * @param {number} from milliseconds since the epoch
 */
export function showDay(place, feeds, total, from) {
  const columns = counted(feeds, from);
  const runs = columns.reduce((all, column) => all + sum(column), 0);
  const of = total > feeds.length ? ` of ${numbers.format(total)}` : "";
  const label = `${numbers.format(feeds.length)}${of} feeds run ${numbers.format(runs)} times in the next 24 hours`;
  const frame = element("div", { class: "picture" });
  let width = 0;
  const redraw = () => {
    if (!frame.isConnected) observer.disconnect();
    else if (frame.clientWidth !== width) {
      width = frame.clientWidth;
      frame.replaceChildren(picture(columns, from, width, `${label}; the table below has the numbers.`));
    }
  };
  const observer = new ResizeObserver(redraw);
  const next = [element("h3", {}, "Next"), nextRuns(feeds, from)];
  place.replaceChildren(element("p", {}, `${label}.`), legend(columns), frame, ...next, table(columns, from));
  redraw(); // with the words around it, not a frame later
  observer.observe(frame);
}
