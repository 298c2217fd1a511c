// What the plots show: counters become rates, and the last minutes of them are kept. Pure: time
// comes in.

/** The last `size` samples of numbers, oldest first. Bound: `size`. */
export class Ring {
  #values;
  #next = 0;
  #count = 0;

  constructor(size, Numbers = Float32Array) {
    this.#values = new Numbers(size);
  }

  push(value) {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
    this.#count = Math.min(this.#count + 1, this.#values.length);
  }

  get length() {
    return this.#count;
  }

  /** The last `most` of them. */
  last(most = this.#count) {
    const take = Math.min(most, this.#count);
    const size = this.#values.length;
    return Array.from({length: take}, (_, i) => this.#values[(this.#next - take + i + size) % size]);
  }
}

/** How fast a counter grows. A counter that fell belongs to a broker that has started anew. */
export function growth(before, after, seconds) {
  if (before === undefined || after === undefined || !(seconds > 0) || after < before) {
    return 0;
  }
  return (after - before) / seconds;
}

/**
 * Rows of numbers by name, sample by sample. `counters` become rates a second, `levels` stay.
 * Bound: `size` samples.
 */
export class History {
  #counters;
  #rings = {};
  #before = null;
  times;

  constructor(size, counters, levels) {
    this.#counters = counters;
    this.times = new Ring(size, Float64Array);
    for (const name of [...counters, ...levels]) {
      this.#rings[name] = new Ring(size);
    }
  }

  /** `at` in seconds, not before the last one. */
  push(at, row) {
    if (this.#before === null) {
      this.#before = {at, row};  // one report alone knows no rate
      return;
    }
    const seconds = at - this.#before.at;
    if (seconds < 0.05) {
      return;
    }
    for (const [name, ring] of Object.entries(this.#rings)) {
      const value = row[name] ?? 0;
      const isCounter = this.#counters.includes(name);
      ring.push(isCounter ? growth(this.#before.row[name], value, seconds) : value);
    }
    this.times.push(at);
    this.#before = {at, row};
  }

  series(name, most) {
    return this.#rings[name].last(most);
  }

  /** The mean of the last few samples: steadier to read than the last one. */
  recent(name, samples = 5) {
    const values = this.#rings[name].last(samples);
    return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  }
}
