// One job: what it is, where it is and why, its life so far, its params and its result. Follows it
// while it goes on.
import { button, cancelJob, discardJob, editJob, retryJob, submitJob } from "./actions.js";
import { el, replace, setText, svg } from "./dom.js";
import { ago, bytes, clock, duration, moment, pretty } from "./format.js";
import { attemptsOf, kToneOfEvent, lifeOf, stretchesOf, wordsOf } from "./life.js";
import { badge, encode, facts, heading, section } from "./parts.js";
import { store } from "./store.js";

const kEventsMax = 1000;
const kPartialsMax = 200;
const kResultShownBytes = 1 << 20;
const kEnded = ["succeeded", "failed", "dead", "expired", "cancelled"];
const kWaiting = ["ready", "scheduled", "blocked"];

function lifeBar(life, now) {
  const stretches = stretchesOf(life, now);
  if (stretches.length === 0) {
    return null;
  }
  const from = stretches[0].from;
  const width = Math.max(stretches.at(-1).to - from, 1e-6);
  const x = (at) => (1000 * (at - from)) / width;
  const tone = ({kind, outcome}) => (kind === "wait" ? "wait" : {good: "good", bad: "bad", open: "active"}[outcome] ?? "dim");
  const label = stretches.map(({kind, from: start, to, attempt}) => `${kind === "wait" ? "waited" : `attempt ${attempt ?? ""} ran`} ${duration(to - start)}`).join(", ");
  return el("div.life", {},
    svg("svg", {viewBox: "0 0 1000 14", preserveAspectRatio: "none", role: "img", "aria-label": label},
      stretches.map((each) => svg("rect", {class: `life-part tone-${tone(each)}`, x: x(each.from), width: Math.max(2, x(each.to) - x(each.from)), y: 0, height: 14},
        svg("title", {}, `${each.kind === "wait" ? "waits" : `attempt ${each.attempt ?? ""}`}: ${duration(each.to - each.from)}`)))),
    el("div.life-ends", {}, el("span", {}, moment(from)), el("span", {}, duration(width)), el("span", {}, moment(stretches.at(-1).to))));
}

function eventRow(event, before) {
  const progress = event.total > 0 ? `${event.done} of ${event.total}` : null;
  return el("li.event", {class: `event tone-${kToneOfEvent[event.event] ?? "dim"}`},
    el("span.event-time", {title: moment(event.at)}, clock(event.at, true)),
    el("span.event-step", {}, before === undefined || event.at <= before.at ? "" : `+${duration(event.at - before.at)}`),
    el("span.event-name", {}, event.event),
    el("span.event-words", {},
      wordsOf(event.event), event.attempt > 0 && `, attempt ${event.attempt}`, event.worker && `, worker ${event.worker}`,
      progress && `, ${progress}`, event.due && `, due ${moment(event.due)}`,
      event.detail && el("q", {}, event.detail), event.isInferred && el("span.muted", {}, " (from its status)")));
}

async function readResult(job) {
  const response = await fetch(`/v1/jobs/${encode(job)}/result`, {headers: {Accept: "*/*"}});
  if (response.status === 404) {
    return el("p.muted", {}, "Its result is not kept any more, or it never had one.");
  }
  const type = response.headers.get("Content-Type") ?? "";
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    return el("p", {}, problem.detail ?? `The gateway answers ${response.status}.`);
  }
  const content = await response.blob();
  const isText = /json|text|xml|urlencoded/.test(type);
  const link = el("a", {href: `/v1/jobs/${encode(job)}/result`, download: job}, "Download");
  const kind = el("p.muted", {}, `${type || "no type"}, ${bytes(content.size)}. `, link);
  if (content.size === 0) {
    return el("p.muted", {}, "It succeeded without a result.");
  }
  const text = isText ? pretty(await content.slice(0, kResultShownBytes).text()) : null;
  return [text !== null && el("pre.code", {tabindex: "0", "aria-label": "Result"}, text), kind];
}

export function jobPage(main, {id}) {
  let status = null;
  let reasons = [];
  let events = [];
  let partials = [];
  let isAsking = false;
  let isDirty = false;
  let shownLife = "";
  let resultOf = "";
  const controls = el("div.controls");
  const headline = el("p.headline");
  const progress = el("progress", {hidden: true, "aria-label": "Progress"});
  const progressText = el("span.muted");
  const why = el("ul.why");
  const bar = el("div");
  const list = el("ol.timeline", {"aria-label": "Events"});
  const attempts = el("div");
  const about = el("div");
  const params = el("div");
  const partialBox = el("section.section", {hidden: true}, el("h2", {}, "Partial results"), el("pre.code", {tabindex: "0", "aria-label": "Partial results"}));
  const result = el("div");
  const resultBox = el("section.section", {hidden: true}, el("h2", {}, "Result"), result);
  const problem = el("p.problem", {role: "alert"});
  const content = el("div.job", {hidden: true},
    headline, el("div.progress", {}, progress, progressText), bar,
    el("div.columns", {},
      el("div", {}, section("Why it is where it is", why), section("Life", list), attempts),
      el("div", {}, section("Job", about), section("Params", params), partialBox, resultBox)));
  replace(main, heading("Job", controls), el("p.code.job-id", {}, id), problem, content);

  const refresh = async () => {
    if (isAsking) {
      isDirty = true;
      return;
    }
    isAsking = true;
    isDirty = false;
    try {
      const [now, told] = await Promise.all([
        store.live.ask("query", {what: "status", filter: {jobs: [id]}}),
        store.live.ask("query", {what: "why", filter: {jobs: [id]}}),
      ]);
      status = now;
      reasons = told.reasons ?? [];
      replace(problem);
      draw();
    } catch (error) {
      if (status === null) {
        replace(problem, error.message);
      }
    } finally {
      isAsking = false;
    }
    if (isDirty) {
      refresh();
    }
  };

  function take(message) {
    if (message.event !== undefined) {
      if (!events.some(({at, event}) => at === message.event.at && event === message.event.event)) {
        events = [...events, message.event].slice(-kEventsMax);
      }
      refresh();
    } else if (message.partial !== undefined) {
      partials = [...partials, message.partial.value].slice(-kPartialsMax);
      drawPartials();
    } else if (message.progress !== undefined && status !== null) {
      status = {...status, done: message.progress.done, total: message.progress.total, progress: message.progress.text};
      drawProgress();
    } else if (message.end !== undefined || message.ok !== undefined) {
      refresh();
    }
  }

  function drawControls() {
    const isDead = status.state === "dead";
    replace(controls,
      isDead && button("Retry", () => retryJob(id, refresh), {tone: "primary"}),
      isDead && button("Discard", () => discardJob(id, () => { location.hash = "#/dead"; }), {tone: "danger"}),
      kWaiting.includes(status.state) && button("Change", () => editJob(id, status.priority, refresh)),
      !kEnded.includes(status.state) && button("Cancel", () => cancelJob(id, refresh), {tone: "danger"}),
      button("Submit another", () => submitJob(status.service), {role: "submit"}));
  }

  function drawProgress() {
    const has = status.state === "active" && status.total > 0;
    progress.hidden = !has;
    if (has) {
      progress.max = status.total;
      progress.value = status.done;
    }
    setText(progressText, status.state === "active" ? [has ? `${status.done} of ${status.total}` : "", status.progress ?? ""].filter(Boolean).join(", ") : "");
  }

  function drawPartials() {
    partialBox.hidden = partials.length === 0;
    setText(partialBox.lastChild, partials.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join("\n"));
  }

  function drawLife() {
    const life = lifeOf(status, events);
    const drawn = JSON.stringify(life);
    if (drawn !== shownLife) {
      shownLife = drawn;
      replace(list, life.map((event, i) => eventRow(event, life[i - 1])));
    }
    replace(bar, lifeBar(life, Date.now() / 1000));
    const rows = attemptsOf(life, Date.now() / 1000);
    replace(attempts, rows.length > 1 && section("Attempts", el("div.table-frame", {}, el("table.table", {"aria-label": "Attempts"},
      el("thead", {}, el("tr", {}, ["Attempt", "Started", "Ran", "Worker", "End"].map((text) => el("th", {scope: "col"}, text)))),
      el("tbody", {}, rows.map(({attempt, from, to, worker, outcome, detail}) => el("tr", {},
        el("td", {}, attempt ?? ""), el("td", {}, clock(from, true)), el("td", {}, duration(to - from)), el("td.code", {}, worker ?? ""),
        el("td", {}, outcome === "open" ? "runs" : {good: "succeeded", bad: "failed", dim: "given back"}[outcome], detail && `: ${detail}`))))))));
  }

  function drawResult() {
    const key = `${status.state}/${status.completedat}`;
    const has = status.state === "succeeded";
    resultBox.hidden = !has;
    if (has && resultOf !== key) {
      resultOf = key;
      readResult(id).then((shown) => replace(result, shown), (error) => replace(result, error.message));
    }
  }

  function draw() {
    content.hidden = false;
    const {state, place, text} = status;
    replace(headline, badge(state), " ", el("a", {href: `#/services/${encode(status.service)}`}, status.service),
      state === "ready" && place !== undefined && `, number ${place + 1} in its queue`, text && el("q", {}, text));
    drawControls();
    drawProgress();
    replace(why, reasons.map((reason) => el("li", {}, reason)));
    drawLife();
    const link = (page, value) => value && el("a", {href: `#/jobs?${page}=${encode(value)}`}, value);
    replace(about, facts([
      ["Taken in", `${moment(status.reqtime)}, ${ago(status.reqtime)}`],
      ["Started", status.startedat && moment(status.startedat)],
      ["Ended", status.completedat && moment(status.completedat)],
      ["Due", status.dueat && `${moment(status.dueat)}, ${ago(status.dueat)}`],
      ["Kind", status.sync ? "sync: somebody waits for it" : "async"],
      ["Priority", status.priority], ["Attempt", status.attempt || null],
      ["Failures", status.failures], ["Lost workers", status.losses],
      ["Worker", status.worker && el("span.code", {}, status.worker)],
      ["Channel", status.channel], ["Context", link("context", status.context)],
      ["Group", link("group", status.group)], ["Batch", link("batch", status.batch)],
    ]));
    const received = events.find(({event, params: value}) => event === "RECEIVED" && typeof value === "string");
    const shown = received?.params ?? status.param;
    const isCut = received === undefined && status.param !== undefined && status.param_bytes > new TextEncoder().encode(status.param).length;
    replace(params, shown === undefined
      ? el("p.muted", {}, kEnded.includes(status.state) && status.encoding === undefined ? "Not kept after its end, or none." : "None.")
      : [el("pre.code", {tabindex: "0", "aria-label": "Params"}, isCut ? `${shown} …` : pretty(shown)), el("p.muted", {}, `${status.encoding ?? received?.encoding ?? ""}, ${bytes(status.param_bytes ?? shown.length)}`, isCut && "; the beginning is shown")],
    received?.options && [el("h3", {}, "Options"), el("pre.code", {}, JSON.stringify(received.options, null, 2))]);
    drawResult();
  }

  const stopFollowing = store.live.subscribe("follow", {job: id}, "unfollow", take);
  refresh();
  let drawnAt = 0;
  return {
    update() {
      if (status !== null && !kEnded.includes(status.state) && performance.now() - drawnAt > 2000) {
        drawnAt = performance.now();
        refresh();
      }
    },
    stop: stopFollowing,
  };
}

