// A table that holds only the rows that can be seen, and changes only what has changed. Rows are
// values with a key; columns say how to show them.
import { atNextFrame, el, setAttribute, setText } from "./dom.js";

const kSpareRows = 8;
const kRowHeight = 33;  // until one has been measured

/**
 * columns: [{name, title, text(row) | show(cell, row), sort(row)?, kind?}], where `kind` is a class
 * of head and cells: "number", "wide" (left out on narrow screens), "wider", "actions".
 */
export class Table {
  #columns;
  #key;
  #rows = [];
  #sorted = [];
  #sort;
  #elements = new Map();
  #heads = new Map();
  #rowHeight = kRowHeight;
  #empty;
  #body = el("tbody");
  #above = el("tr.spacer", {"aria-hidden": "true"}, el("td"));
  #below = el("tr.spacer", {"aria-hidden": "true"}, el("td"));
  #table;
  #redraw = atNextFrame(() => this.#draw());
  node;

  constructor({label, columns, key, sort = null, empty = "Nothing here."}) {
    this.#columns = columns;
    this.#key = key;
    this.#sort = sort;
    this.#empty = el("p.empty", {hidden: true}, empty);
    this.#table = el("table.table", {"aria-label": label},
      el("thead", {}, el("tr", {}, columns.map((column) => this.#head(column)))), this.#body);
    this.node = el("div.table-frame", {}, this.#table, this.#empty);
    this.#above.firstChild.colSpan = columns.length;
    this.#below.firstChild.colSpan = columns.length;
    this.#body.addEventListener("keydown", (event) => this.#move(event));
    this.#showSort();
    addEventListener("scroll", this.#redraw, {passive: true});
    addEventListener("resize", this.#redraw, {passive: true});
  }

  stop() {
    removeEventListener("scroll", this.#redraw);
    removeEventListener("resize", this.#redraw);
  }

  setRows(rows) {
    this.#rows = rows;
    this.#order();
    this.#redraw();
  }

  setEmpty(text) {
    setText(this.#empty, text);
  }

  #head(column) {
    const cell = el("th", {scope: "col", class: column.kind});
    if (column.sort === undefined) {
      cell.append(column.title === "" ? el("span.unseen", {}, column.name) : column.title);
      return cell;
    }
    const button = el("button.sort", {type: "button", on: {click: () => this.#sortBy(column)}}, column.title);
    cell.append(button);
    this.#heads.set(column.name, cell);
    return cell;
  }

  #sortBy(column) {
    const isSame = this.#sort?.name === column.name;
    const first = column.kind?.includes("number") ? "descending" : "ascending";
    const other = first === "descending" ? "ascending" : "descending";
    this.#sort = {name: column.name, order: isSame && this.#sort.order === first ? other : first};
    this.#showSort();
    this.#order();
    this.#redraw();
  }

  #showSort() {
    this.#heads.forEach((cell, name) =>
      setAttribute(cell, "aria-sort", this.#sort?.name === name ? this.#sort.order : null));
  }

  #order() {
    const column = this.#columns.find((each) => each.name === this.#sort?.name);
    if (column === undefined) {
      this.#sorted = this.#rows;
      return;
    }
    const sign = this.#sort.order === "descending" ? -1 : 1;
    const keyed = this.#rows.map((row, i) => [column.sort(row), i, row]);
    keyed.sort(([a, i], [b, j]) => (a < b ? -sign : a > b ? sign : i - j));
    this.#sorted = keyed.map(([, , row]) => row);
  }

  #range() {
    const top = this.#body.getBoundingClientRect().top;
    const first = Math.floor(-top / this.#rowHeight) - kSpareRows;
    const count = Math.ceil(innerHeight / this.#rowHeight) + 2 * kSpareRows;
    const from = Math.max(0, Math.min(first, this.#sorted.length - 1));
    return [from, Math.min(this.#sorted.length, from + count)];
  }

  #draw() {
    if (!this.node.isConnected) {
      return;
    }
    const [from, to] = this.#range();
    const focused = this.#body.contains(document.activeElement) ? document.activeElement : null;
    const wanted = new Map();
    for (let i = from; i < to; ++i) {
      const row = this.#sorted[i];
      wanted.set(this.#key(row), [row, i]);
    }
    const isThere = new Set(focused === null ? [] : this.#sorted.map(this.#key));
    let lost = null;  // the place of a row that had the focus and is no more
    for (const [key, element] of this.#elements) {
      const hasFocus = element.node.contains(focused);
      if (!wanted.has(key) && !(hasFocus && isThere.has(key))) {
        lost = hasFocus ? element.index : lost;
        element.node.remove();
        this.#elements.delete(key);
      }
    }
    this.#space(this.#above, from);
    this.#space(this.#below, this.#sorted.length - to);
    this.#body.prepend(this.#above);
    let before = this.#above;
    for (const [key, [row, index]] of wanted) {
      const element = this.#elements.get(key) ?? this.#make(key);
      this.#fill(element, row, index);
      if (before.nextSibling !== element.node) {
        before.after(element.node);
      }
      before = element.node;
    }
    this.#body.append(this.#below);
    if (lost !== null) {
      this.#focusRow(Math.min(lost, to - 1));
    } else if (focused !== null && document.activeElement !== focused) {
      focused.focus({preventScroll: true});
    }
    setAttribute(this.#table, "aria-rowcount", this.#sorted.length + 1);
    this.#empty.hidden = this.#rows.length > 0;
    this.#table.hidden = this.#rows.length === 0;
    this.#measure(before);
  }

  // The next one takes the place of a row that has gone, so that somebody can go on with the keys.
  #focusRow(index) {
    for (const element of this.#elements.values()) {
      if (element.index === index) {
        element.node.querySelector("a, button, input")?.focus({preventScroll: true});
      }
    }
  }

  // What was assumed of the height must not be far off, or the scroll bar would lie.
  #measure(row) {
    const height = row === this.#above ? 0 : row.offsetHeight;
    if (height > 0 && Math.abs(height - this.#rowHeight) > 0.5) {
      this.#rowHeight = height;
      this.#redraw();
    }
  }

  #space(spacer, rows) {
    spacer.hidden = rows <= 0;
    spacer.firstChild.style.height = `${Math.max(0, rows) * this.#rowHeight}px`;
  }

  #make(key) {
    const cells = this.#columns.map(({kind}) => el("td", {class: kind}));
    const element = {node: el("tr", {}, cells), cells};
    this.#elements.set(key, element);
    return element;
  }

  #fill(element, row, index) {
    element.index = index;
    setAttribute(element.node, "aria-rowindex", index + 2);
    this.#columns.forEach((column, i) => {
      if (column.show !== undefined) {
        column.show(element.cells[i], row);
      } else {
        setText(element.cells[i], column.text(row));
      }
    });
  }

  // Up and down go from row to row, by the link or control in the same place.
  #move(event) {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    const isTyping = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName) && event.target.type !== "checkbox";
    if (step === undefined || isTyping) {
      return;
    }
    const cell = event.target.closest("td");
    const place = [...cell.parentNode.children].indexOf(cell);
    const row = step > 0 ? cell.parentNode.nextElementSibling : cell.parentNode.previousElementSibling;
    const target = row?.children[place]?.querySelector("a, button, input") ?? row?.querySelector("a, button, input");
    if (target) {
      event.preventDefault();
      target.focus();
    }
  }
}
