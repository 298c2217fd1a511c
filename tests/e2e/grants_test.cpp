// tests/e2e: who may do what, with real keys over real sockets: key by dialect by verb, as the
// tables of docs/security.md have it.
#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/e2e/harness/key_ring.hpp"
#include "tests/e2e/harness/old_worker.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// A broker with six keys and a worker for the service "mail".
class Office {
public:
    Office() {
        for (const auto& [name, grants] :
             std::map<std::string, std::string>{{"ann", "\"submit = ['mail']\""},
                                                {"bob", "\"submit = ['mail']\", \"jobs_max = 1\""},
                                                {"crew", "\"work = ['mail*']\""},
                                                {"eye", "\"read = 'all'\""},
                                                {"boss", "\"operate = true\""}}) {
            keys.make(name);
            keys.allow(name, grants);
        }
        broker.emplace(BrokerOptions{{}, keys.config(), {}});
        worker = broker->start_worker(
            kReverseProgram, {"--service-name", "mail"}, keys.environment("crew"));
        REQUIRE(worker->wait_for_line("ready").has_value());
        REQUIRE(as("ann", {"call", "mail", "\"stressed\""}).out.find("desserts") !=
                std::string::npos);
    }

    /// The command line tool with this key.
    [[nodiscard]] Finished as(const std::string& key, const std::vector<std::string>& args) const {
        CommandLine command = broker->tool(args);
        const auto more = keys.environment(key);
        command.environment.insert(more.begin(), more.end());
        return run(command);
    }

    [[nodiscard]] std::string audit() const {
        std::ifstream file(broker->directory() / "data" / "audit.log");
        return {std::istreambuf_iterator<char>(file), {}};
    }

    KeyRing keys;
    std::optional<Broker> broker;
    std::unique_ptr<Process> worker;
};

const std::vector<std::string> kKeys = {"ann", "bob", "crew", "eye", "boss"};

bool among(const std::string& key, const std::vector<std::string>& keys) {
    return std::ranges::find(keys, key) != keys.end();
}

}  // namespace

TEST_CASE("Key by dialect by verb: who may do what") {
    const Office office;
    const Endpoints& at = office.broker->endpoints();

    // Submitting, and the requests to the broker, in the old dialects.
    struct Asked {
        std::string service;
        std::vector<std::string> may;
        std::string missing;
    };

    const std::vector<Asked> questions = {{"mail", {"ann", "bob"}, "submit = [\"mail\"]"},
                                          {"secret", {}, "submit = [\"secret\"]"},
                                          {"SERVER-JOBS", kKeys, ""},
                                          {"SERVER-WORKERS", {"eye", "boss"}, "read = \"all\""},
                                          {"SERVER-STATUS", {"eye", "boss"}, "read = \"all\""}};
    for (const std::string& key : kKeys) {
        for (const Old dialect : kOldDialects) {
            OldClient client(dialect, at.frontend, {}, office.keys.raw(key));
            for (const Asked& asked : questions) {
                if (!is_zmws(dialect) && asked.service.starts_with("SERVER-")) {
                    continue;
                }
                CAPTURE(key);
                CAPTURE(name_of(dialect));
                CAPTURE(asked.service);
                const bool asks_broker = asked.service.starts_with("SERVER-");
                client.request(asked.service,
                               asks_broker ? RawFrames{} : RawFrames{"\"stressed\""});
                const auto frames = client.socket().receive();
                REQUIRE(frames);
                const std::string heard = shown(*frames);
                CAPTURE(heard);
                const bool was_refused = holds(heard, "lacks the grant");
                CHECK(was_refused != among(key, asked.may));
                if (asked.service == "mail" && !was_refused) {
                    CHECK(holds(heard, "desserts"));
                }
            }
        }
    }

    // Working, in the old dialects: a service is there when a worker was let in.
    for (const char* key : {"ann", "eye", "boss", "crew"}) {
        for (const Old dialect : kOldDialects) {
            const std::string service =
                "mail-" + std::string(key) + "-" + std::string(name_of(dialect));
            OldWorker worker(dialect, service, at.backend, {}, office.keys.raw(key));
            worker.ready();
            OldClient asking(Old::Mdp01, at.frontend, {}, office.keys.raw("eye"));
            const auto is_served = [&] {
                asking.request("mmi.service", {service});
                const auto frames = asking.socket().receive();
                return frames && frames->back() == "200";
            };
            CAPTURE(key);
            CAPTURE(name_of(dialect));
            if (std::string_view(key) == "crew") {
                CHECK(wait_until(is_served));
            } else {
                CHECK(wait_until([&] {
                    return holds(office.audit(),
                                 R"("key":")" + std::string(key) + R"(","act":"work","what":")" +
                                     service + R"(","outcome":"refused")");
                }));
                CHECK_FALSE(is_served());
            }
        }
    }
}

TEST_CASE("The tool's verbs: each does what the key may, and says what is missing") {
    const Office office;
    const Finished taken = office.as("ann", {"submit", "mail", "\"later\"", "--delay", "1h"});
    INFO(taken.err);
    REQUIRE(taken.code == 0);
    const std::string job = taken.out.substr(0, 26);

    struct Row {
        std::vector<std::string> args;
        std::vector<std::string> may;
        std::string otherwise;
    };

    const std::vector<Row> rows = {
        {{"status", job}, {"ann", "eye", "boss"}, "no job"},
        {{"why", job}, {"ann", "eye", "boss"}, "no job"},
        {{"result", job}, {"ann", "eye", "boss"}, "no job"},
        {{"services"}, {"eye", "boss"}, "read = \"all\""},
        {{"workers"}, {"eye", "boss"}, "read = \"all\""},
        {{"broker"}, {"eye", "boss"}, "read = \"all\""},
        {{"pause", "mail"}, {"boss"}, "operate = true"},
        {{"resume", "mail"}, {"boss"}, "operate = true"},
        {{"groups", "set", "g", "--weight", "2"}, {"boss"}, "operate = true"},
        {{"submit", "secret", "1"}, {}, "submit = [\"secret\"]"},
        {{"list"}, kKeys, ""}};
    for (const Row& row : rows) {
        for (const std::string& key : kKeys) {
            const Finished done = office.as(key, row.args);
            CAPTURE(row.args.front());
            CAPTURE(key);
            INFO(done.out, done.err);
            if (among(key, row.may)) {
                CHECK_FALSE(holds(done.err, "lacks the grant"));
                CHECK_FALSE(holds(done.err, "no job"));
            } else {
                CHECK(done.code != 0);
                CHECK(holds(done.err, row.otherwise));
            }
        }
    }
    for (const std::string& key : kKeys) {
        CAPTURE(key);
        CHECK(holds(office.as(key, {"list"}).out, job) == among(key, {"ann", "eye", "boss"}));
    }

    // A quota, and whose cancelling counts.
    CHECK(office.as("bob", {"submit", "mail", "1", "--delay", "1h"}).code == 0);
    CHECK(holds(office.as("bob", {"submit", "mail", "2", "--delay", "1h"}).err, "jobs_max"));
    CHECK(holds(office.as("bob", {"cancel", job}).err, "no job"));
    CHECK(office.as("ann", {"cancel", job}).code == 0);

    // The news are for those who may read everything.
    RawSocket eye(
        zmq::socket_type::sub, office.broker->endpoints().news, {}, office.keys.raw("eye"));
    RawSocket ann(
        zmq::socket_type::sub, office.broker->endpoints().news, {}, office.keys.raw("ann"));
    eye.subscribe("");
    ann.subscribe("");
    CHECK(wait_until([&] {
        return office.as("ann", {"call", "mail", "\"stressed\""}).code == 0 &&
               eye.receive(std::chrono::milliseconds(100)).has_value();
    }));
    CHECK_FALSE(ann.receive(std::chrono::milliseconds(100)).has_value());
    const std::string& news = office.broker->endpoints().news;
    CHECK(holds(office.as("ann", {"tail", "--news", news, "--count", "1"}).err,
                "lacks the grant that the news need: read = \"all\""));

    // A worker is told what it lacks, and says so.
    const auto refused = office.broker->start_worker(
        kReverseProgram, {"--service-name", "secret"}, office.keys.environment("crew"));
    const auto why = refused->wait_for_line("not_ready");
    REQUIRE(why);
    CHECK(holds(*why, R"(the key \"crew\" lacks the grant that this needs: work = [\"secret\"])"));

    // What was refused and what was done stands in the audit log.
    const std::string audit = office.audit();
    CHECK(holds(
        audit,
        R"("key":"ann","act":"operate","what":"mode","object":"mail paused","outcome":"refused")"));
    CHECK(holds(
        audit,
        R"("key":"boss","act":"operate","what":"mode","object":"mail running","outcome":"allowed")"));
    CHECK(holds(audit,
                R"("key":"bob","act":"operate","what":"cancel","object":"job )" + job +
                    R"(","outcome":"failed","error":"UnknownJob")"));
    CHECK(holds(audit,
                R"("key":"ann","act":"operate","what":"cancel","object":"job )" + job +
                    R"(","outcome":"allowed")"));
    CHECK(holds(audit, R"("key":"ann","act":"read","what":"news","outcome":"refused")"));
    CHECK(holds(audit, R"("key":"eye","act":"submit","what":"secret","outcome":"refused")"));
}

}  // namespace steward::e2e
