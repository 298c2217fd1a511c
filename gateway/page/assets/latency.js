// How long jobs waited and ran of late, from counts in buckets that only grow. Pure: time comes in.

const kEveryS = 5;
const kSnapshotsMax = 13;  // of five seconds each: the last minute

/** The bound below which a share `q` of what was counted lies; null when nothing was. */
export function quantile(counts, bounds, q) {
  const total = counts.reduce((sum, value) => sum + value, 0);
  if (total === 0) {
    return null;
  }
  let below = 0;
  for (const [index, value] of counts.entries()) {
    if (value > 0 && below + value >= q * total) {
      const from = index === 0 ? 0 : bounds[index - 1];
      const to = bounds[index] ?? from * 2;
      return from + (to - from) * Math.min(1, Math.max(0, (q * total - below) / value));
    }
    below += value;
  }
  return bounds.at(-1);
}

/** What was counted between two reports. A count that fell belongs to a broker that started anew. */
export function difference(before, after) {
  const isAnew = before.some((value, index) => (after[index] ?? 0) < value);
  return isAnew ? after : after.map((value, index) => value - (before[index] ?? 0));
}

/** The last minute of one row of buckets. Bound: thirteen snapshots. */
export class LastMinute {
  #snapshots = [];
  #latest = null;

  push(at, counts) {
    if (counts === undefined) {
      return;
    }
    this.#latest = counts;
    if (this.#snapshots.length === 0 || at - this.#snapshots.at(-1).at >= kEveryS) {
      this.#snapshots.push({at, counts});
      if (this.#snapshots.length > kSnapshotsMax) {
        this.#snapshots.shift();
      }
    }
  }

  /** Null: nothing was counted, or it is not known. */
  quantile(bounds, q) {
    if (this.#latest === null || bounds === undefined) {
      return null;
    }
    return quantile(difference(this.#snapshots[0].counts, this.#latest), bounds, q);
  }
}
