// The coming 24 hours of feed runs as a picture: a row for each feed, a mark for each run.
import { element } from "./graphql.js";

const SVG = "http://www.w3.org/2000/svg";
const HOUR = 3600_000;
export const DAY = 24 * HOUR;
const ROW = 30;
const AXIS = 26;

export const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });

export function draw(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

const short = (text, room) => (text.length > room ? `${text.slice(0, room - 1)}…` : text);

/** Runs of a feed within the window, one for each minute: what fires every second of a minute is one mark. */
export function marks(feed, from) {
  const minutes = feed.schedule.nextRuns.map((each) => Math.floor(Date.parse(each) / 60_000) * 60_000);
  return [...new Set(minutes)].filter((each) => each >= from - 60_000 && each < from + DAY);
}

export const nameOf = (feed) => `${feed.connectionRequest.orgName ?? "unnamed"} · ${feed.type === "OTHER" ? feed.integrationType : feed.type.toLowerCase()}`;

/** A line for each hour, labelled every few hours where there is room. */
export function hourLines(from, to, x, width, step, { top, bottom, text }) {
  const lines = [];
  for (let hour = Math.ceil(from / HOUR) * HOUR; hour < to; hour += HOUR) {
    const isLabelled = new Date(hour).getHours() % step === 0;
    lines.push(draw("line", { class: isLabelled ? "hour labelled" : "hour", x1: x(hour), x2: x(hour), y1: top, y2: bottom }));
    if (isLabelled && x(hour) < width - 18) lines.push(draw("text", { class: "axis", x: x(hour), y: text, "text-anchor": "middle" }, clock.format(hour)));
  }
  return lines;
}

function picture(feeds, from, width) {
  const narrow = width < 560;
  const left = narrow ? 4 : Math.min(230, width * 0.28);
  const row = narrow ? ROW + 16 : ROW;
  const x = (moment) => left + ((moment - from) / DAY) * (width - left - 12);
  const height = AXIS + feeds.length * row + 4;
  const svg = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": summary(feeds) });
  const step = narrow ? 6 : 3;
  svg.append(...hourLines(from, from + DAY, x, width, step, { top: AXIS - 4, bottom: height, text: 15 }));
  feeds.forEach((feed, index) => {
    const top = AXIS + index * row;
    const middle = narrow ? top + row - 14 : top + row / 2;
    const text = short(nameOf(feed), narrow ? Math.floor(width / 8) : Math.floor(left / 7.4));
    svg.append(draw("text", { class: "feed", x: narrow ? left : 0, y: narrow ? top + 14 : middle + 4 }, text));
    svg.append(draw("line", { class: "track", x1: left, x2: width - 12, y1: middle, y2: middle }));
    for (const run of marks(feed, from)) {
      const mark = draw("circle", { class: "run", cx: x(run), cy: middle, r: 4.5 });
      mark.append(draw("title", {}, `${nameOf(feed)}: ${clock.format(run)}`));
      svg.append(mark);
    }
  });
  return svg;
}

function summary(feeds) {
  const runs = feeds.reduce((sum, feed) => sum + feed.schedule.nextRuns.length, 0);
  return `${feeds.length} ${feeds.length === 1 ? "feed runs" : "feeds run"} in the next 24 hours, ${runs} times in all; the list below has the times.`;
}

/** A schedule in words, with the zone that its hours mean where the pictures' hours are others. */
function meaning({ description }, zone) {
  if (!description) return "";
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone && zone !== here ? `${description} (${zone}).` : `${description}.`;
}

function listing(feeds, from, zone) {
  const items = feeds.map((feed) => {
    const times = marks(feed, from).map((each) => clock.format(each));
    const shown = times.length > 8 ? `${times.slice(0, 8).join(", ")} and ${times.length - 8} more` : times.join(", ");
    return element("li", {}, element("strong", {}, nameOf(feed)), ` ${shown}. ${meaning(feed.schedule, zone)}`);
  });
  return element("details", {}, element("summary", {}, "As a list"), element("ul", {}, ...items));
}

/**
 * Shows the runs inside of an element, drawn anew when its width changes.
 *
 * @param {HTMLElement} place
 * @param {object[]} feeds with their runs
 * @param {number} from milliseconds since the epoch
 * @param {string} zone IANA name of the time zone that the schedules mean
 */
export function showRuns(place, feeds, from, zone) {
  const frame = element("div", { class: "picture" });
  let width = 0;
  const redraw = () => {
    if (!frame.isConnected) observer.disconnect();
    else if (frame.clientWidth !== width) {
      width = frame.clientWidth;
      frame.replaceChildren(picture(feeds, from, width));
    }
  };
  const observer = new ResizeObserver(redraw);
  place.replaceChildren(frame, listing(feeds, from, zone));
  redraw(); // with the words around it, not a frame later
  observer.observe(frame);
}

/** Says that nothing runs, and what is next. */
export function showNone(place, feeds) {
  const next = feeds
    .filter((feed) => feed.schedule?.nextRuns.length)
    .sort((a, b) => Date.parse(a.schedule.nextRuns[0]) - Date.parse(b.schedule.nextRuns[0]))[0];
  const then = next ? ` The next run is ${nameOf(next)}, on ${day.format(Date.parse(next.schedule.nextRuns[0]))}.` : "";
  place.replaceChildren(element("p", {}, `No feed runs in the next 24 hours.${then}`));
}
