// Lines over time as SVG. Knows numbers and names, not what they stand for.
import { setAttribute, setText, svg, el } from "./dom.js";
import { clock } from "./format.js";

const kWidth = 600;
const kHeight = 150;
const kTop = 16;
const kBottom = 18;
const kGrid = 2;

/** Not below `value`, and its half is round as well. */
export function niceCeiling(value) {
  if (!(value > 0)) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 4, 6, 8, 10].find((each) => each * power >= value * 0.9999);
  return step * power;
}

/** The path of a line through `values`, from left to right over `width`, `max` at `top`. */
export function pathOf(values, {width, height, top = 0, max, slots = values.length}) {
  const step = slots > 1 ? width / (slots - 1) : 0;
  const left = width - step * (values.length - 1);
  return values
    .map((value, i) => {
      const y = top + height - (height * Math.min(value, max)) / max;
      return `${i === 0 ? "M" : "L"}${(left + step * i).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}

/** A small line without axes, for a row of a table. */
export class Spark {
  #line = svg("path", {class: "spark-line"});
  #drawn = "";
  node = svg("svg", {class: "spark", viewBox: "0 0 90 20", preserveAspectRatio: "none", "aria-hidden": "true"}, this.#line);

  draw(values, slots = 60) {
    const max = Math.max(...values, 1e-9);
    const path = values.length < 2 ? "" : pathOf(values, {width: 90, height: 16, top: 2, max, slots});
    if (path !== this.#drawn) {
      this.#drawn = path;
      setAttribute(this.#line, "d", path);
    }
  }
}

/**
 * A plot with a title, a legend with the latest values, a grid and the value under the pointer.
 * `series`: [{name, tone, values()}]; `times()` gives the instants, in seconds since 1970.
 */
export class Plot {
  #series;
  #times;
  #format;
  #slots;
  #lines;
  #areas;
  #grid;
  #labels;
  #from = svg("text", {class: "plot-label", x: 0, y: kHeight - 4});
  #to = svg("text", {class: "plot-label", x: kWidth, y: kHeight - 4, "text-anchor": "end"});
  #cursor = svg("line", {class: "plot-cursor", y1: kTop, y2: kHeight - kBottom, visibility: "hidden"});
  #values;
  #at = el("span.plot-at");
  #pointed = null;
  node;

  constructor({title, unit = "", series, times, format, slots = 600}) {
    this.#series = series;
    this.#times = times;
    this.#format = format;
    this.#slots = slots;
    this.#lines = series.map(({tone}) => svg("path", {class: `plot-line tone-${tone}`}));
    this.#areas = series.map(({tone}) => svg("path", {class: `plot-area tone-${tone}`}));
    this.#grid = Array.from({length: kGrid + 1}, () => svg("line", {class: "plot-grid", x1: 0, x2: kWidth}));
    this.#labels = this.#grid.map(() => svg("text", {class: "plot-label", x: 0}));
    this.#values = series.map(() => el("b", {}, "–"));
    const picture = svg(
      "svg",
      {class: "plot-picture", viewBox: `0 0 ${kWidth} ${kHeight}`, role: "img", "aria-label": `${title} over the last minutes`},
      this.#grid, this.#areas, this.#lines, this.#labels, this.#from, this.#to, this.#cursor,
    );
    picture.addEventListener("pointermove", (event) => this.#point(event, picture));
    picture.addEventListener("pointerleave", () => this.#leave());
    this.node = el(
      "figure.plot",
      {},
      el("figcaption.plot-head", {},
        el("span.plot-title", {}, title, unit && el("span.plot-unit", {}, ` ${unit}`)),
        this.#at,
        el("span.plot-legend", {}, series.map(({name, tone}, i) =>
          el("span.plot-key", {}, el(`i.tone-${tone}`, {"aria-hidden": "true"}), `${name} `, this.#values[i])))),
      picture,
    );
  }

  draw() {
    const all = this.#series.map((each) => each.values());
    const times = this.#times();
    const max = niceCeiling(Math.max(...all.flat(), 0));
    const height = kHeight - kTop - kBottom;
    this.#grid.forEach((line, i) => {
      const y = kTop + (height * i) / kGrid;
      setAttribute(line, "y1", y);
      setAttribute(line, "y2", y);
      setAttribute(this.#labels[i], "y", y - 3);
      setText(this.#labels[i], i === kGrid ? "" : this.#format((max * (kGrid - i)) / kGrid));
    });
    all.forEach((values, i) => {
      const box = {width: kWidth, height, top: kTop, max, slots: Math.min(this.#slots, Math.max(values.length, 60))};
      const path = values.length < 2 ? "" : pathOf(values, box);
      setAttribute(this.#lines[i], "d", path);
      const left = path.slice(1, path.indexOf(" "));
      setAttribute(this.#areas[i], "d", path === "" ? "" : `${path}V${kTop + height}H${left}Z`);
    });
    setText(this.#from, times.length > 1 ? clock(times[0]) : "");
    setText(this.#to, times.length > 1 ? clock(times.at(-1)) : "");
    this.#write(all, times);
  }

  #write(all, times) {
    const slots = Math.min(this.#slots, Math.max(times.length, 60));
    const back = this.#pointed === null ? 0 : Math.round((1 - this.#pointed) * (slots - 1));
    const index = times.length - 1 - back;
    const isThere = index >= 0;
    all.forEach((values, i) => {
      const value = values[values.length - 1 - back];
      setText(this.#values[i], value === undefined ? "–" : this.#format(value));
    });
    setText(this.#at, this.#pointed !== null && isThere ? clock(times[index]) : "");
    setAttribute(this.#cursor, "visibility", this.#pointed === null || !isThere ? "hidden" : "visible");
    const x = kWidth * (1 - back / (slots - 1));
    setAttribute(this.#cursor, "x1", x);
    setAttribute(this.#cursor, "x2", x);
  }

  #point(event, picture) {
    const box = picture.getBoundingClientRect();
    this.#pointed = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    this.#write(this.#series.map((each) => each.values()), this.#times());
  }

  #leave() {
    this.#pointed = null;
    this.#write(this.#series.map((each) => each.values()), this.#times());
  }
}
