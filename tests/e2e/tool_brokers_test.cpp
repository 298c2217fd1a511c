// tests/e2e: `steward` with several brokers, the first of which hangs.
#include <csignal>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"

namespace steward::e2e {

using nlohmann::json;

namespace {

constexpr const char* kService = "[[service]]\nname = \"mail\"\n";

/// Two brokers, the first of which is stopped and neither answers nor closes anything.
struct HungFirst {
    HungFirst() { hung.process().signal(SIGSTOP); }

    [[nodiscard]] Finished run(const Args& args) {
        Args all = {"--broker",
                    hung.endpoints().frontend + ',' + desk.broker().endpoints().frontend};
        all.insert(all.end(), args.begin(), args.end());
        return e2e::run({built_program("steward"), all, {}, desk.broker().directory().string()});
    }

    Broker hung;
    Desk desk{kService};
};

}  // namespace

TEST_CASE("When the first of two brokers hangs, the second is asked in time") {
    HungFirst two;
    const Finished submitted = two.run({"submit", "mail", "to=ann"});
    CHECK(submitted.err == "");
    REQUIRE(submitted.code == kSuccess);
    const Args id = lines_of(submitted.out);
    REQUIRE(id.size() == 1);
    CHECK(two.desk.state(id[0]) == "ready");
}

TEST_CASE("A replay asks the second of two brokers as well, and names both when none is there") {
    HungFirst two;
    const json received = {{"event", "RECEIVED"},
                           {"job", "01m8p8r3a10000000000000007"},
                           {"service", "mail"},
                           {"session", 77},
                           {"number", 3},
                           {"at", 1'796'043'000.1},
                           {"encoding", "json"},
                           {"params", "{}"}};
    const TempDirectory directory;
    const std::string log = directory.write("lifecycle.log", received.dump() + '\n');
    const Finished replayed = two.run({"--json", "replay", log});
    CHECK(replayed.err == "");
    REQUIRE(replayed.code == kSuccess);
    CHECK(has(replayed.out, R"("outcome":"resubmitted")"));
    CHECK(two.desk.ids({"list"}).size() == 1);

    two.desk.broker().process().signal(SIGSTOP);
    const Finished none = two.run({"replay", log});
    CHECK(none.code == kNoBroker);
    CHECK(
        has_all(none.err, {two.hung.endpoints().frontend, two.desk.broker().endpoints().frontend}));
}

}  // namespace steward::e2e
