// tests/browser: the page's own arithmetic, in the browser that runs it.
#include <doctest/doctest.h>

#include "tests/browser/harness/house.hpp"

namespace steward::browser {

namespace {

using nlohmann::json;

/// Modules of the page by their names.
Browser& page_with_modules(House& house) {
    Browser& page = house.visit();
    page.run(
        "(async () => { for (const name of ['format', 'history', 'latency', 'life', 'plot']) "
        "window[name + 'js'] = await import(document.querySelector('script[type=module]')"
        ".src.replace('app', name)); window.loaded = true; })()");
    page.wait_for("window.loaded");
    return page;
}

}  // namespace

TEST_CASE("Numbers, durations and times are written for people") {
    House house;
    Browser& page = page_with_modules(house);
    CHECK(page.value(
              "[0, 7, 999, 1000, 99999, 123456, 2500000, 3e9, undefined].map(formatjs.count)") ==
          json({"0", "7", "999", "1,000", "99,999", "123 k", "2.50 M", "3.00 G", "–"}));
    CHECK(page.value("[0, 0.00034, 0.00099999, 0.012, 0.9999, 4.21, 59.99, 60, 185, 3600, 7800, "
                     "90000].map(formatjs.duration)") == json({"0 s",
                                                               "340 µs",
                                                               "1.0 ms",
                                                               "12 ms",
                                                               "1.0 s",
                                                               "4.2 s",
                                                               "1 min",
                                                               "1 min",
                                                               "3 min 5 s",
                                                               "1 h",
                                                               "2 h 10 min",
                                                               "1 d 1 h"}));
    CHECK(page.value("[0, 0.04, 0.42, 12.4, 1250].map(formatjs.rate)") ==
          json({"0", "<0.1", "0.4", "12", "1,250"}));
    CHECK(page.value("[0, 1023, 1024, 1536, 5 * 1024 ** 3].map(formatjs.bytes)") ==
          json({"0 B", "1023 B", "1.0 KiB", "1.5 KiB", "5.0 GiB"}));
    CHECK(
        page.value("[formatjs.ago(100, 100.5), formatjs.ago(40, 100), formatjs.ago(7300, 100)]") ==
        json({"now", "1 min ago", "in 2 h"}));
    CHECK(page.value("[1, 2, 3, 5, 7, 9, 11, 250, 0, 0.03].map(plotjs.niceCeiling)") ==
          json({1, 2, 4, 6, 8, 10, 20, 400, 1, 0.04}));
}

TEST_CASE("Counters become rates, also over a broker that has started anew") {
    House house;
    Browser& page = page_with_modules(house);
    CHECK(page.value(R"((() => {
      const history = new historyjs.History(4, ['done'], ['ready']);
      for (const [at, done, ready] of [[0, 10, 5], [1, 14, 6], [3, 20, 7], [4, 2, 8], [5, 3, 9], [6, 5, 9]]) {
        history.push(at, {done, ready});
      }
      return [history.series('done'), history.series('ready'), history.times.last(), history.recent('done', 2)];
    })())") == json({{3, 0, 1, 2}, {7, 8, 9, 9}, {3, 4, 5, 6}, 1.5}));
}

TEST_CASE("Shares of buckets are where they should be, of the last minute only") {
    House house;
    Browser& page = page_with_modules(house);
    CHECK(
        page.value(
            "[latencyjs.quantile([], [1, 2], 0.5), latencyjs.quantile([0, 0], [1, 2], 0.5), "
            "latencyjs.quantile([10], [1, 2], 0.5), latencyjs.quantile([5, 5], [1, 2], 0.5), "
            "latencyjs.quantile([5, 5], [1, 2], 0.9), latencyjs.quantile([0, 0, 4], [1, 2], 1)]") ==
        json({nullptr, nullptr, 0.5, 1, 1.8, 4}));
    CHECK(page.value(
              "[latencyjs.difference([1, 2], [1, 5, 3]), latencyjs.difference([9, 2], [1, 3])]") ==
          json({{0, 3, 3}, {1, 3}}));
    CHECK(page.value(R"((() => {
      const minute = new latencyjs.LastMinute();
      minute.push(0, [100, 0]);
      const first = minute.quantile([1, 2], 0.5);
      for (let at = 1; at <= 200; ++at) {
        minute.push(at, [100, at > 100 ? 7 : 0]);
      }
      const late = minute.quantile([1, 2], 0.5);
      minute.push(201, [100, 9]);
      return [first, late, minute.quantile([1, 2], 0.5), minute.quantile(undefined, 0.5)];
    })())") == json({nullptr, nullptr, 1.5, nullptr}));
}

TEST_CASE("A job's life is told from its events, and from its status where these are gone") {
    House house;
    Browser& page = page_with_modules(house);
    const std::string events = R"([
      {at: 1, event: 'RECEIVED'}, {at: 1, event: 'ENQUEUED'}, {at: 3, event: 'DELEGATE_START', attempt: 1, worker: 'a'}, {at: 3, event: 'EXECUTE_START', attempt: 1, worker: 'a'},
      {at: 4, event: 'EXECUTE_ERROR', attempt: 1, detail: 'jam'}, {at: 4, event: 'RETRY'}, {at: 4, event: 'DELAYED'},
      {at: 6, event: 'ENQUEUED'}, {at: 7, event: 'EXECUTE_START', attempt: 2, worker: 'b'}])";
    CHECK(
        page.value("lifejs.stretchesOf(" + events +
                   ", 9).map((each) => "
                   "[each.kind, each.from, each.to, each.outcome])") ==
        json(
            {{"wait", 1, 3, ""}, {"run", 3, 4, "bad"}, {"wait", 4, 7, ""}, {"run", 7, 9, "open"}}));
    CHECK(page.value("lifejs.attemptsOf(" + events +
                     ", 9).map((each) => "
                     "[each.attempt, each.worker, each.detail ?? ''])") ==
          json({{1, "a", "jam"}, {2, "b", ""}}));
    CHECK(page.value("lifejs.lifeOf({reqtime: 1, startedat: 2, completedat: 3, state: 'dead', "
                     "text: 'jam', attempt: 1}, []).map(({event, at}) => [event, at])") ==
          json::parse(R"([["RECEIVED", 1], ["EXECUTE_START", 2], ["DEAD", 3]])"));
    CHECK(page.value("lifejs.eventsOfStatus({reqtime: 1, startedat: 3, state: 'active'}, " +
                     events + ").length") == 0);
}

}  // namespace steward::browser
