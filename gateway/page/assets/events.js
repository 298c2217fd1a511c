// What happens, as it happens: a window onto the news.
import { el, replace, setText } from "./dom.js";
import { clock } from "./format.js";
import { kToneOfEvent, wordsOf } from "./life.js";
import { encode, heading, showJob } from "./parts.js";
import { store } from "./store.js";

const kRowsMax = 500;
const kRowsAtOnceMax = 100;  // more between two frames are counted, not shown

function jobCell(job) {
  const cell = el("td.code");
  if (job) {
    showJob(cell, job);
  }
  return cell;
}

function eventRow({at, event, service, job, attempt, detail}) {
  return el("tr", {},
    el("td.number", {}, clock(at, true)),
    el("td", {}, el(`span.badge.tone-${kToneOfEvent[event] ?? "dim"}`, {title: wordsOf(event)}, event)),
    el("td", {}, service === "*" ? "all services" : el("a", {href: `#/services/${encode(service)}`}, service)),
    jobCell(job),
    el("td.params.wide", {}, attempt > 0 && `attempt ${attempt} `, detail));
}

const listOf = (value) => value.split(",").map((each) => each.trim()).filter(Boolean);

export function eventsPage(main, query) {
  let stopFollowing = () => {};
  let waiting = [];
  let left = 0;
  let isHeld = false;
  const rows = el("tbody");
  const state = el("span.muted", {role: "status"});
  const problem = el("p.problem", {role: "alert"});
  const service = el("input.input", {placeholder: "services, comma between", "aria-label": "Only of these services", value: query.service ?? "", spellcheck: "false", on: {change: () => follow()}});
  const kinds = el("input.input", {placeholder: "events, such as DEAD", "aria-label": "Only these events", value: query.event ?? "", spellcheck: "false", on: {change: () => follow()}});
  const hold = el("button.button", {type: "button", "aria-pressed": "false", on: {click: () => {
    isHeld = !isHeld;
    hold.setAttribute("aria-pressed", String(isHeld));
    setText(hold, isHeld ? "Go on" : "Hold");
  }}}, "Hold");
  const clear = el("button.button", {type: "button", on: {click: () => {
    rows.replaceChildren();
    left = 0;
    update();
  }}}, "Clear");
  replace(main, heading("Events", hold, clear),
    el("div.bar", {}, el("div.filters", {}, service, kinds), state), problem,
    el("div.table-frame", {}, el("table.table", {"aria-label": "Events, the latest first"},
      el("thead", {}, el("tr", {}, ["Time", "Event", "Service", "Job"].map((text) => el("th", {scope: "col"}, text)), el("th.wide", {scope: "col"}, "Detail"))), rows)));

  function follow() {
    stopFollowing();
    replace(problem);
    const filter = {service: listOf(service.value), event: listOf(kinds.value.toUpperCase())};
    const given = Object.fromEntries(Object.entries(filter).filter(([, list]) => list.length > 0));
    stopFollowing = store.live.subscribe("follow", given, "unfollow", ({event, error}) => {
      if (error !== undefined) {
        replace(problem, error.detail ?? error.name);
      } else if (event !== undefined) {
        if (waiting.length >= kRowsAtOnceMax) {
          waiting.shift();
          ++left;
        }
        waiting.push(event);
        update();
      }
    });
    update();
  }

  let isAsked = false;
  function update() {
    if (!isAsked) {
      isAsked = true;
      requestAnimationFrame(() => {
        isAsked = false;
        draw();
      });
    }
  }

  function draw() {
    if (!isHeld && waiting.length > 0) {
      rows.prepend(...waiting.reverse().map(eventRow));
      waiting = [];
      while (rows.children.length > kRowsMax) {
        rows.lastChild.remove();
      }
    }
    const shown = rows.children.length;
    setText(state, shown === 0 ? "waiting for events" : `the last ${shown}${left > 0 ? `; ${left} came too fast to be shown` : ""}`);
  }
  follow();
  return {update: draw, stop: () => stopFollowing()};
}
