// tests/e2e: workers that are checked and told to leave by way of their broker, without an address
// of their own.
#include <csignal>
#include <filesystem>
#include <vector>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/old_worker.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

/// A broker with a secret.
struct CheckedHouse {
    CheckedHouse() : secret(folder.write("secret", "the secret of this broker")) {
        std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
        BrokerOptions options;
        options.config = "[broker]\nadmin_secret_file = \"" + secret + "\"\n";
        broker = std::make_unique<Broker>(options);
    }

    [[nodiscard]] Finished steward(Args args) const {
        args.insert(args.begin() + 1, broker->endpoints().frontend);
        return run({built_program("steward"), args, {}, {}});
    }

    [[nodiscard]] std::string id_of(const std::string& service) const {
        const Finished listed =
            run({built_program("steward"),
                 {"--broker", broker->endpoints().frontend, "--json", "workers", service},
                 {},
                 {}});
        const auto rows = nlohmann::json::parse(listed.out, nullptr, false);
        REQUIRE(rows.is_array());
        REQUIRE(rows.size() == 1);
        return rows[0]["workerid"].get<std::string>();
    }

    TempDirectory folder;
    std::string secret;
    std::unique_ptr<Broker> broker;
};

}  // namespace

TEST_CASE("A worker without an address is checked by way of its broker, also while it works") {
    const CheckedHouse house;
    const auto worker = house.broker->start_worker(kTrialProgram);
    house.broker->wait_until_served("TRIAL");
    const auto job = run(house.broker->tool({"submit", "TRIAL", R"({"seconds": 60})"}));
    CHECK(job.code == kSuccess);
    const std::string id = house.id_of("TRIAL");
    CHECK(wait_until([&] {
        return has(house.steward({"check", "--worker", id}).out, "1 of 1 at work for tcp://");
    }));
    const Finished open = house.steward({"check", "--worker", id, "-m", "running", "-c", "0"});
    CHECK(open.code == 2);
    CHECK(has(open.out, "'running'=1;;0;0;1"));
    CHECK_FALSE(has(open.out, "'memory'"));
    const Finished full = house.steward({"check", "--worker", id, "-a", house.secret});
    CHECK(full.code == 0);
    CHECK(has_all(full.out, {"'memory'=", "'cpu'=", "'open_files'="}));
    const std::string wrong = house.folder.write("wrong", "not the secret of it");
    std::filesystem::permissions(wrong, std::filesystem::perms::owner_read);
    CHECK(house.steward({"check", "--worker", id, "-a", wrong}).code == 3);
    const Finished nobody = house.steward({"check", "--worker", "nobody"});
    CHECK(nobody.code == 2);
    CHECK(has(nobody.out, "the broker has no worker \"nobody\""));
}

TEST_CASE("The workers of a service are checked together, whatever they are written in") {
    const CheckedHouse house;
    const std::vector<std::string> either = {"--service-name", "any"};
    const auto first = house.broker->start_worker(kReverseProgram, either);
    const auto second =
        house.broker->start_worker("steward-worker-exec", {"--service-name", "any", "--", "cat"});
    const auto third = house.broker->start_worker(
        "steward-worker-http", {"--service-name", "any", "--url", "http://127.0.0.1:9/"});
    const auto fourth = house.broker->start_worker(
        "steward-worker-fastcgi",
        {"--service-name", "any", "--pool", "127.0.0.1:9", "--script", "/x.php"});
    const auto answered = [&] {
        return house.steward({"check", "--service", "any", "-m", "answered", "-c", "4:"});
    };
    CHECK_MESSAGE(wait_until([&] { return answered().code == 0; }), answered().out);
    CHECK(has_all(answered().out,
                  {"4 of 4 workers of any answer", "'workers'=4;", "'running'=0;;;0;"}));

    OldWorker old(Old::Zmws1, "any", house.broker->endpoints().backend);
    old.ready();
    CHECK(wait_until([&] {
        const Finished said = house.steward({"check", "--service", "any"});
        return said.code == 0 && has(said.out, "4 of 5 workers of any answer, 1 cannot");
    }));
    ::kill(first->pid(), SIGSTOP);
    const Finished stopped = house.steward({"check", "--service", "any"});
    ::kill(first->pid(), SIGCONT);
    CHECK(stopped.code == 2);
    CHECK(has_all(stopped.out, {"has not answered for 5 s", "3 of 5 workers"}));
    CHECK(house.steward({"check", "--service", "nobody-serves-this"}).code == 2);
}

TEST_CASE("A worker leaves when one who knows the broker's secret says so, and finishes its job") {
    const CheckedHouse house;
    const auto worker = house.broker->start_worker(kTrialProgram);
    house.broker->wait_until_served("TRIAL");
    const auto job = run(house.broker->tool({"submit", "TRIAL", R"({"seconds": 0.5})"}));
    std::string id = job.out.substr(0, job.out.find('\n'));
    const std::string name = "--worker";
    CHECK(house.steward({"shutdown", name, house.id_of("TRIAL")}).code == kRefused);
    CHECK(house.steward({"shutdown", name, house.id_of("TRIAL"), "-a", house.secret}).code ==
          kSuccess);
    CHECK(worker->wait() == 0);
    CHECK(run(house.broker->tool({"result", id})).code == kSuccess);
    CHECK(house.steward({"check"}).code == 0);  // the broker itself has stayed
}

}  // namespace steward::e2e
