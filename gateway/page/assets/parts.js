// Pieces that several pages have.
import { el, setAttribute, setText } from "./dom.js";

const kToneOfState = {
  scheduled: "scheduled", ready: "ready", active: "active", succeeded: "good", failed: "bad",
  dead: "bad", expired: "dim", cancelled: "dim", blocked: "scheduled",
  running: "good", paused: "warn", draining: "warn", disabled: "bad",
};

export const states = ["blocked", "scheduled", "ready", "active", "succeeded", "failed", "dead", "expired", "cancelled"];

/** A state or mode as a coloured word. */
export function badge(word) {
  return el(`span.badge.tone-${kToneOfState[word] ?? "dim"}`, {}, word);
}

/** The same in a cell that may have had another one. */
export function showBadge(cell, word) {
  const present = cell.firstChild;
  if (present === null) {
    cell.append(badge(word));
  } else if (present.textContent !== word) {
    present.replaceWith(badge(word));
  }
}

/** A link in a cell that may have had another one. */
export function showLink(cell, text, address) {
  const link = cell.firstChild ?? cell.appendChild(el("a"));
  setText(link, text);
  setAttribute(link, "href", address);
}

/** A name as a part of an address. */
export const encode = encodeURIComponent;

const kTailOfId = 10;

/** A job's id as a link. Ids of one broker begin alike: narrow screens show the end. */
export function showJob(cell, job) {
  if (cell.textContent !== job) {
    const head = job.slice(0, -kTailOfId);
    cell.replaceChildren(el("a.code", {href: `#/jobs/${job}`}, el("span.id-head", {}, head), job.slice(-kTailOfId)));
  }
}

/** Pairs of a name and a text, node or nothing; those with nothing are left out. */
export function facts(pairs) {
  return el("dl.facts", {}, pairs
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** A figure with its name; gives the node and a function that writes it. */
export function figure(name, {href = null, tone = ""} = {}) {
  const value = el("b.figure-value", {}, "–");
  const node = el(href === null ? "div.figure" : "a.figure", {href}, value, el("span.figure-name", {}, name));
  return {
    node,
    write(text, isLoud = false) {
      setText(value, text);
      node.classList.toggle(`is-${tone || "loud"}`, isLoud);
    },
  };
}

export function heading(text, ...controls) {
  return el("div.heading", {}, el("h1", {tabindex: "-1"}, text), controls.length > 0 && el("div.controls", {}, controls));
}

export function section(title, ...content) {
  return el("section.section", {}, el("h2", {}, title), content);
}
