// tests/e2e: what operators do to several services with real workers at once, and that only those
// services feel it.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

namespace {

const Args kServices = {"report", "import", "mail"};

/// Three services, each with a worker of its own that runs one job at a time.
struct Services {
    Services() {
        for (const std::string& service : kServices) {
            desk.start_worker(kTrialProgram, service);
        }
    }

    /// The services that take a job now; it is cancelled again.
    [[nodiscard]] Args taking() const {
        Args taking;
        for (const std::string& service : kServices) {
            const Finished done = desk.run({"submit", service, "--delay", "1h"});
            if (done.code == kSuccess) {
                taking.push_back(service);
                desk.say({"cancel", lines_of(done.out).at(0)});
            } else {
                CHECK(done.code == kRefused);
                CHECK(has(done.err, "takes no jobs until an operator enables or resumes it"));
            }
        }
        return taking;
    }

    [[nodiscard]] std::string mode(const std::string& service) const {
        return desk.service(service).value("mode", "");
    }

    /// The ids of jobs in the order in which they were given to workers.
    [[nodiscard]] Args started() {
        Args ids;
        for (const json& line : desk.broker().lifecycle()) {
            if (line.value("event", "") == "DELEGATE_START") {
                ids.push_back(line.value("job", ""));
            }
        }
        return ids;
    }

    Desk desk{
        "[[service]]\nname = \"report\"\n[[service]]\nname = \"import\"\n"
        "[[service]]\nname = \"mail\"\n",
        "10s"};
};

}  // namespace

TEST_CASE("disable stops one service, several in one step, or all; enable lets them go on") {
    Services s;
    CHECK(s.desk.say({"disable", "report"}) == "report: disabled\n");
    CHECK(s.taking() == Args{"import", "mail"});
    CHECK(s.desk.say({"enable", "report"}) == "report: running\n");
    CHECK(s.taking() == kServices);
    CHECK(s.desk.rows({"disable", "import", "mail"}).size() == 2);
    CHECK(s.taking() == Args{"report"});

    // All services, beside what each has of its own.
    CHECK(s.desk.say({"disable", "--all"}) == "all services: disabled\n");
    CHECK(s.taking().empty());
    CHECK(s.desk.ask({"broker"})["mode"] == "disabled");
    CHECK(s.desk.say({"enable", "--all"}) == "all services: running\n");
    CHECK(s.taking() == Args{"report"});
    s.desk.say({"enable", "import", "mail"});
    CHECK(s.taking() == kServices);
    for (const std::string& service : kServices) {
        s.desk.say({"call", service});
    }
}

TEST_CASE("Changes of several services are one step: a name that is none leaves all as they were") {
    Services s;
    for (const char* wrong : {"mmi.service", "two words"}) {
        const Finished refused = s.desk.run({"pause", "report", "import", wrong});
        CHECK(refused.code == kRefused);
        CHECK(refused.out.empty());
        CHECK(has(refused.err, wrong));
    }
    CHECK(s.mode("report") == "running");
    CHECK(s.mode("import") == "running");
    CHECK(s.desk.broker().count_events("PAUSED") == 0);
    s.desk.say({"pause", "report", "import"});
    CHECK(s.desk.broker().wait_for_events(2, "PAUSED"));
    std::set<double> instants;
    for (const json& line : s.desk.broker().lifecycle()) {
        if (line.value("event", "") == "PAUSED") {
            instants.insert(line.value("at", 0.0));
        }
    }
    CHECK(instants.size() == 1);
}

TEST_CASE("pause keeps what comes, resume runs it in its order, other services go on meanwhile") {
    Services s;
    s.desk.say({"pause", "report", "import"});
    const std::string one = s.desk.submit("report");
    const std::string two = s.desk.submit("report");
    const std::string three = s.desk.submit("import");
    s.desk.say({"call", "mail"});
    CHECK(s.desk.state(one) == "ready");
    CHECK(s.desk.state(three) == "ready");
    CHECK(s.desk.service("report")["ready"] == 2);
    s.desk.say({"resume", "report"});
    CHECK(s.desk.reaches(two, "succeeded"));
    CHECK(s.desk.state(one) == "succeeded");
    CHECK(s.desk.state(three) == "ready");
    s.desk.say({"resume", "import"});
    CHECK(s.desk.reaches(three, "succeeded"));
    CHECK(s.desk.broker().wait_for_events(2, "DELEGATE_START", "report"));
    const Args started = s.started();
    CHECK(std::ranges::find(started, one) < std::ranges::find(started, two));
}

TEST_CASE("drain runs what is there and takes no more") {
    Services s;
    s.desk.say({"pause", "report"});
    const std::string one = s.desk.submit("report");
    const std::string two = s.desk.submit("report", 1, {"--priority", "low"});
    CHECK(s.desk.say({"drain", "report", "import"}) == "report: draining\nimport: draining\n");
    CHECK(s.desk.reaches(one, "succeeded"));
    CHECK(s.desk.reaches(two, "succeeded"));
    CHECK(s.taking() == Args{"mail"});
    CHECK(s.mode("report") == "draining");
    s.desk.say({"enable", "report"});
    s.desk.say({"resume", "import"});
    CHECK(s.taking() == kServices);
    s.desk.say({"drain", "--all"});
    CHECK(s.taking().empty());
}

TEST_CASE("Dead letters of several services are retried and run again, one service at a time") {
    Services s;
    const json once = {{"outcome", "throw"}, {"times", 1}};
    std::vector<Args> dead(2);
    for (std::size_t i = 0; i < dead.size(); ++i) {
        for (int n = 0; n < 3; ++n) {
            dead[i].push_back(s.desk.submit(kServices[i], once, {"--max-attempts", "1"}));
        }
    }
    const auto letters = [&] { return s.desk.ids({"list", "--state", "dead"}).size(); };
    REQUIRE(wait_until([&] { return letters() == 6; }));
    CHECK(s.desk.service("report")["dead_letters"] == 3);
    CHECK(s.desk.say({"retry", "--service", "report"}) == "3 jobs will run again\n");
    CHECK(s.desk.broker().wait_for_events(3, "RETRY", "report"));
    CHECK(s.desk.broker().wait_for_events(6, "DELEGATE_START", "report"));
    CHECK(s.desk.broker().count_events("DELEGATE_START", "import") == 3);
    CHECK(s.desk.say({"retry", dead[1][0], dead[1][2]}) == "2 jobs will run again\n");
    CHECK(s.desk.broker().wait_for_events(5, "DELEGATE_START", "import"));
    CHECK(s.desk.broker().count_events("RETRY", "import") == 2);
}

TEST_CASE("A dead letter that is retried succeeds once a worker serves it that can") {
    Services s;
    const std::string id = s.desk.submit("mail", {{"outcome", "reject"}, {"str", "ab"}});
    REQUIRE(s.desk.reaches(id, "dead"));
    s.desk.stop_workers();
    s.desk.say({"retry", id});
    CHECK(s.desk.state(id) == "ready");
    s.desk.start_worker(kReverseProgram, "mail");
    CHECK(s.desk.reaches(id, "succeeded"));
    CHECK(s.desk.ask({"result", id})["result"] == "ba");
}

TEST_CASE("purge empties one queue, edit moves a job to the front of another") {
    Services s;
    for (const std::string& service : kServices) {
        REQUIRE(s.desk.reaches(s.desk.submit(service, kLong), "active"));
    }
    s.desk.say({"submit", "report", "1", "--count", "50"});
    s.desk.say({"submit", "import", "1", "--count", "50"});
    const std::string last = s.desk.submit("import");
    CHECK(s.desk.ask({"status", last})["place"] == 51);
    CHECK(s.desk.say({"purge", "report"}) == "50 jobs cancelled\n");
    CHECK(s.desk.service("report")["ready"] == 0);
    CHECK(s.desk.service("report")["active"] == 1);
    CHECK(s.desk.service("import")["ready"] == 51);
    s.desk.say({"edit", last, "--priority", "high"});
    CHECK(s.desk.ask({"status", last})["place"] == 1);
    CHECK(s.desk.broker().wait_for_events(3, "DELEGATE_START"));
    const std::size_t before = s.started().size();
    CHECK(s.desk.say({"cancel", "--service", "import"}) == "52 jobs cancelled\n");
    CHECK(s.desk.state(last) == "cancelled");

    s.desk.say({"pause", "mail"});
    const std::string first = s.desk.submit("mail");
    const std::string second = s.desk.submit("mail");
    s.desk.say({"edit", second, "--priority", "urgent"});
    s.desk.say({"cancel", s.desk.ids({"active", "mail"}).at(0)});
    s.desk.say({"resume", "mail"});
    CHECK(s.desk.reaches(first, "succeeded"));
    // Events are told once they are on the disk, states as soon as they are.
    REQUIRE(wait_until([&] { return s.started().size() == before + 2; }));
    const Args started = s.started();
    CHECK(started[before] == second);
    CHECK(started[before + 1] == first);
}

}  // namespace steward::e2e
