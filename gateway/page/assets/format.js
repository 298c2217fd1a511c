// Numbers, times and bytes as people read them. Pure.

const kUnits = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
];

/** 1234567 → "1,234,567"; from a hundred thousand on "1.23 M". */
export function count(value) {
  if (value === undefined || value === null || Number.isNaN(value)) {
    return "–";
  }
  const size = Math.abs(value);
  if (size >= 1e9) {
    return `${(value / 1e9).toFixed(2)} G`;
  }
  if (size >= 1e6) {
    return `${(value / 1e6).toFixed(2)} M`;
  }
  if (size >= 1e5) {
    return `${Math.round(value / 1e3)} k`;
  }
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A rate a second: "0", "0.4", "12", "1,250". */
export function rate(value) {
  if (value === undefined || value === null || Number.isNaN(value)) {
    return "–";
  }
  if (value <= 0) {
    return "0";
  }
  if (value < 0.1) {
    return "<0.1";
  }
  return value < 10 ? value.toFixed(1) : count(value);
}

/** Seconds: "340 µs", "12 ms", "4.2 s", "3 min 5 s", "2 h 10 min", "5 d 3 h". */
export function duration(seconds) {
  if (seconds === undefined || seconds === null || Number.isNaN(seconds)) {
    return "–";
  }
  if (seconds < 0) {
    return `−${duration(-seconds)}`;
  }
  if (seconds === 0) {
    return "0 s";
  }
  if (seconds < 0.0009995) {
    return `${Math.round(seconds * 1e6)} µs`;
  }
  if (seconds < 0.9995) {
    const ms = seconds * 1e3;
    return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  }
  if (seconds < 59.95) {
    return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  }
  const whole = Math.round(seconds);
  for (const [index, [size, unit]] of kUnits.entries()) {
    if (whole >= size) {
      const [below, belowUnit] = kUnits[index + 1] ?? [1, "s"];
      const rest = Math.floor((whole % size) / below);
      return `${Math.floor(whole / size)} ${unit}${rest > 0 ? ` ${rest} ${belowUnit}` : ""}`;
    }
  }
  return `${whole} s`;
}

const pad = (value, digits = 2) => String(value).padStart(digits, "0");

/** Seconds since 1970 → "14:03:09.123" of the reader's zone. */
export function clock(at, withMillis = false) {
  const date = new Date(at * 1000);
  const text = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return withMillis ? `${text}.${pad(date.getMilliseconds(), 3)}` : text;
}

/** The same, with the day where it is not today's. */
export function moment(at, now = Date.now() / 1000) {
  const date = new Date(at * 1000);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const sameDay = date.toDateString() === new Date(now * 1000).toDateString();
  return sameDay ? clock(at) : `${day} ${clock(at)}`;
}

/** "3 min ago", "in 2 h". */
export function ago(at, now = Date.now() / 1000) {
  const age = now - at;
  if (Math.abs(age) < 1) {
    return "now";
  }
  return age >= 0 ? `${duration(Math.floor(age))} ago` : `in ${duration(Math.floor(-age))}`;
}

export function bytes(size) {
  if (size < 1024) {
    return `${size} B`;
  }
  for (const unit of ["KiB", "MiB", "GiB"]) {
    size /= 1024;
    if (size < 1024 || unit === "GiB") {
      return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
    }
  }
  return "";
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** JSON laid out for reading; other text as it is. */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
