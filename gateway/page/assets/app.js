// The frame: which page is shown, the state of the connection, keys and colours.
import { submitJob } from "./actions.js";
import { notify } from "./dialog.js";
import { atNextFrame, el, replace, setAttribute, setText } from "./dom.js";
import { eventsPage } from "./events.js";
import { count, duration } from "./format.js";
import { kPlaces, showHelp } from "./help.js";
import { jobPage } from "./job.js";
import { deadPage, jobsPage } from "./jobs.js";
import { encode } from "./parts.js";
import { servicePage } from "./service.js";
import { servicesPage } from "./services.js";
import { readSession, signIn, signOut } from "./session.js";
import { settingsPage } from "./settings.js";
import { store } from "./store.js";
import { workersPage } from "./workers.js";

const main = document.getElementById("main");
const byId = (id) => document.getElementById(id);

const kRoutes = [
  [/^\/?$/, servicesPage, "Overview", []],
  [/^\/services\/(.+)$/, servicePage, "Service", ["name"]],
  [/^\/jobs$/, jobsPage, "Jobs", []],
  [/^\/jobs\/(\w+)$/, jobPage, "Job", ["id"]],
  [/^\/dead$/, deadPage, "Dead letters", []],
  [/^\/workers$/, workersPage, "Workers", []],
  [/^\/events$/, eventsPage, "Events", []],
  [/^\/(schedules|groups|limits|batches)$/, settingsPage, "", ["what"]],
];

let page = null;

function place() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?");
  return {path, query: Object.fromEntries(new URLSearchParams(query))};
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function showPage() {
  page?.stop?.();
  page = null;
  const {path, query} = place();
  for (const [pattern, make, title, names] of kRoutes) {
    const match = pattern.exec(path);
    if (match !== null) {
      names.forEach((name, i) => {
        query[name] = decoded(match[i + 1]);
      });
      page = make(main, query);
      document.title = `${query.name ?? query.id ?? query.what ?? title} – Steward`;
      break;
    }
  }
  if (page === null) {
    replace(main, el("h1", {tabindex: "-1"}, "No such page"), el("p", {}, el("a", {href: "#/"}, "To the overview")));
  }
  for (const link of byId("nav").querySelectorAll("a")) {
    const target = link.getAttribute("href").slice(1);
    const isHere = target === "/" ? /^\/?(services\/.*)?$/.test(path) : path.startsWith(target);
    setAttribute(link, "aria-current", isHere ? "page" : null);
  }
  update();
}

// For those who read with the keyboard or the ears: a new page begins at its heading.
function goTo() {
  showPage();
  scrollTo(0, 0);
  main.querySelector("h1")?.focus({preventScroll: true});
}

const kTroubles = {
  gateway: "The gateway cannot be reached. Trying again …",
  broker: "The broker does not answer. Waiting for it …",
};

let health = "";
let lostAt = 0;

function showHealth() {
  const now = store.health;
  const isBad = now === "gateway" || now === "broker";
  setAttribute(document.body, "data-health", now);
  setText(byId("health"), {live: "live", connecting: "connecting", out: "signed out", gateway: "gateway gone", broker: "broker gone"}[now]);
  const banner = byId("banner");
  banner.hidden = !isBad;
  if (isBad) {
    setText(banner, kTroubles[now] + (now === "broker" && store.trouble ? ` (${store.trouble})` : ""));
  }
  if (now !== health) {
    const wasBad = health === "gateway" || health === "broker";
    if (isBad && !wasBad) {
      lostAt = performance.now();
    }
    if (now === "live" && lostAt > 0) {
      notify(`Live again after ${duration((performance.now() - lostAt) / 1000)}`);
      lostAt = 0;
      showPage();
    }
    health = now;
  }
}

const update = atNextFrame(() => {
  showHealth();
  const dead = store.broker?.dead_letters ?? 0;
  setText(byId("dead-count"), dead > 0 ? count(dead) : "");
  page?.update?.();
});

function toggleTheme() {
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (isDark ? "dark" : "light");
  const wanted = now === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = wanted;
  try {
    localStorage.setItem("steward.theme", wanted);
  } catch {
    notify("The browser keeps nothing for this page: the colours are for now only.");
  }
}

function find(text) {
  const wanted = text.trim();
  if (/^[0-9a-hjkmnp-tv-z]{26}$/i.test(wanted)) {
    location.hash = `#/jobs/${wanted.toLowerCase()}`;
  } else if (store.service(wanted) !== null) {
    location.hash = `#/services/${encode(wanted)}`;
  } else if (wanted !== "") {
    const hash = `#/?filter=${encode(wanted)}`;
    if (location.hash === hash) {
      showPage();
    }
    location.hash = hash;
  }
}

function shownService() {
  const match = /^\/services\/(.+)$/.exec(place().path);
  return match === null ? "" : decoded(match[1]);
}

let isGoing = false;

function press(event) {
  const isTyping = event.target.closest("input:not([type=checkbox]), textarea, select, dialog") !== null;
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const wasGoing = isGoing;
  isGoing = false;
  const target = wasGoing ? kPlaces.find(([key]) => key === event.key) : undefined;
  const act = {
    "/": () => byId("find").focus(),
    f: () => main.querySelector("input[type=search]")?.focus(),
    n: () => store.can("submit") && submitJob(shownService()),
    t: toggleTheme,
    "?": showHelp,
    g: () => {
      isGoing = true;
    },
  }[event.key];
  if (target !== undefined) {
    event.preventDefault();
    location.hash = target[2];
  } else if (act !== undefined) {
    event.preventDefault();
    act();
  }
}

function showUser() {
  const {tokens, name} = store.session;
  replace(byId("user"), tokens && name && [el("span.muted", {}, name), el("button.plain", {type: "button", on: {click: signOut}}, "Sign out")]);
}

let hasBegun = false;

function begin() {
  showUser();
  if (hasBegun) {
    store.live.connect();
  } else {
    hasBegun = true;
    store.start();
  }
  showPage();
}

function askWho() {
  page?.stop?.();
  page = null;
  update();
  replace(main, el("h1", {tabindex: "-1"}, "Steward"), el("p", {}, "Sign in to see services and jobs."),
    el("button.button.primary", {type: "button", on: {click: () => signIn(begin)}}, "Sign in"));
  signIn(begin);
}

// A gateway that was started anew, or a long night, has forgotten who was signed in: then no
// connection comes about however often it is tried.
async function checkSession() {
  const isIn = await readSession().catch(() => true);
  if (!isIn && store.live.state !== "open" && document.querySelector("dialog[open]") === null) {
    store.live.stop();
    askWho();
  }
}

async function start() {
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  byId("theme").addEventListener("click", toggleTheme);
  byId("help").addEventListener("click", showHelp);
  byId("find-form").addEventListener("submit", (event) => {
    event.preventDefault();
    find(byId("find").value);
    byId("find").value = "";
  });
  document.addEventListener("keydown", press);
  addEventListener("hashchange", goTo);
  addEventListener("online", () => store.live.hurry());
  document.addEventListener("visibilitychange", () => store.live.hurry());
  store.addEventListener("change", update);
  store.live.addEventListener("closed", checkSession);
  try {
    if (!(await readSession())) {
      askWho();
      return;
    }
  } catch {
    // The gateway is gone already; the connection tells when it is back.
  }
  begin();
}

start();
