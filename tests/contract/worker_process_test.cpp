// tests/contract: a real worker process, and a broker played by hand: what it says on the wire when
// it runs into limits, and with which status it ends. The handler is that of the sample worker
// TRIAL, which does as its params say.
#include <csignal>
#include <memory>

#include <nlohmann/json.hpp>

#include "tests/contract/hand_broker.hpp"
#include "tests/e2e/harness/process.hpp"
#include "tests/e2e/harness/wait_until.hpp"
#include "worker/program.hpp"

namespace steward::contract {
namespace {

using e2e::Process;
using nlohmann::json;
using Args = std::vector<std::string>;

constexpr base::Duration kGrace = 300ms;

model::Attempt attempt(std::uint64_t job) {
    return {{7, job}, 1};
}

native::Assign trial(std::uint64_t number, const json& params = json::object()) {
    native::Assign assign;
    assign.attempt = attempt(number);
    assign.service = "TRIAL";
    assign.params = {model::Encoding::Json, base::Blob::copy(params.dump())};
    assign.time_limit = 1min;
    assign.submission = {99, number};
    return assign;
}

native::Assign hanging(std::uint64_t number, base::Duration time_limit) {
    native::Assign assign = trial(number, {{"seconds", 600}, {"ignore_stop", true}});
    assign.time_limit = time_limit;
    return assign;
}

/// A worker that has announced itself and was welcomed.
struct Meeting {
    explicit Meeting(const Args& args = {},
                     const std::map<std::string, std::string>& environment = {},
                     base::Duration grace = kGrace) {
        Args all = {"--broker", broker.endpoint(), "--frontend-server", frontend.endpoint()};
        all.insert(all.end(), args.begin(), args.end());
        process = std::make_unique<Process>(
            e2e::CommandLine{e2e::built_program("steward-worker-trial"), all, environment, {}});
        ready = broker.wait_for<native::WorkerReady>().value();
        broker.say({native::Welcome{1, "hand", 1h, 1'000'000, 100, grace}});
        REQUIRE(process->wait_for_line(" ready ").has_value());
    }

    native::Finish finish_of(std::uint64_t number) {
        return broker
            .wait_for<native::Finish>([&](const auto& f) { return f.attempt == attempt(number); })
            .value();
    }

    /// Work does not return, so the process says that it is lost, and ends with `status`.
    void check_end_of_stuck(int status) {
        CHECK(broker.wait_for<native::Goodbye>([](const auto& g) { return !g.finishing; }));
        check_exit(status);
    }

    /// All that was held has been reported: the broker's last word ends the process.
    void check_end(int status) {
        const bool was_heard = std::ranges::any_of(broker.heard, [](const auto& command) {
            return std::holds_alternative<native::Goodbye>(command);
        });
        CHECK((was_heard || broker.wait_for<native::Goodbye>().has_value()));
        broker.say({native::Disconnect{"goodbye"}});
        check_exit(status);
    }

    void check_exit(int status) {
        CHECK(process->wait() == status);
        CHECK(process->standard_error().find(" left") != std::string::npos);
    }

    [[nodiscard]] bool has_logged(const std::string& text) const {
        return process->standard_error().find(text) != std::string::npos;
    }

    HandBroker broker;
    HandBroker frontend;
    std::unique_ptr<Process> process;
    native::WorkerReady ready;
};

json result_of(const native::Finish& finish) {
    return json::parse(finish.outcome.result.bytes.view());
}

}  // namespace

TEST_CASE("Work that ignores its time limit fails, and the process gives way to another") {
    Meeting m;
    m.broker.say({hanging(1, 200ms), trial(2)});
    const auto finish = m.finish_of(1);
    CHECK(finish.outcome.verdict == model::Verdict::Failed);
    CHECK(finish.outcome.text ==
          "ran longer than its time limit of 200 ms and ignored its stop token for 300 ms");
    CHECK(finish.run_time >= 500ms);
    m.check_end_of_stuck(worker::kExitReplace);
    // READY and then in this order: it would be given more otherwise. Progress, which is not sent
    // when it comes too late, may be between.
    std::erase_if(m.broker.heard, [](const auto& command) {
        return std::holds_alternative<native::Progress>(command);
    });
    REQUIRE(m.broker.heard.size() == 5);
    CHECK(std::get<native::Goodbye>(m.broker.heard[1]).finishing);
    CHECK(std::get<native::Return>(m.broker.heard[2]).attempts == std::vector{attempt(2)});
    CHECK(m.has_logged("giving_up"));
    CHECK(m.has_logged(attempt(1).job.text()));
}

TEST_CASE("Work that heeds its stop token costs the attempt and not the process") {
    Meeting m({}, {}, 30s);
    native::Assign slow = trial(1, {{"seconds", 600}});
    slow.time_limit = 200ms;
    m.broker.say({slow, trial(2)});
    CHECK(m.finish_of(1).outcome.text == "ran longer than its time limit of 200 ms");
    CHECK(m.finish_of(2).outcome.verdict == model::Verdict::Succeeded);
    m.process->signal(SIGTERM);
    m.check_end(worker::kExitEnded);
}

TEST_CASE("Other work of a process that is given up has as long as the grace") {
    Meeting m({"--concurrency", "3"}, {}, 3s);
    m.broker.say({hanging(1, 200ms), trial(2, {{"seconds", 3.5}}), hanging(3, 1min)});
    CHECK(m.finish_of(1).outcome.verdict == model::Verdict::Failed);
    CHECK(m.finish_of(2).outcome.verdict == model::Verdict::Succeeded);
    m.check_end_of_stuck(worker::kExitReplace);  // attempt 3 is lost with it: no word of its end
    CHECK(std::none_of(m.broker.heard.begin(), m.broker.heard.end(), [](const auto& command) {
        const auto* finish = std::get_if<native::Finish>(&command);
        return finish != nullptr && finish->attempt == attempt(3);
    }));
}

TEST_CASE("Work that ignores its cancellation ends the process in the same way") {
    Meeting m;
    m.broker.say({hanging(1, 1min)});
    REQUIRE(m.broker.wait_for<native::Progress>().has_value());  // it is at work
    m.broker.say({native::StopAttempt{attempt(1), "it was cancelled"}});
    CHECK(m.finish_of(1).outcome.text == "it was cancelled and ignored its stop token for 300 ms");
    m.check_end_of_stuck(worker::kExitReplace);
}

TEST_CASE("Work that holds more memory than its limit fails at once, obedient or not") {
    for (const bool ignores : {false, true}) {
        CAPTURE(ignores);
        Meeting m({}, {}, ignores ? kGrace : 30s);
        native::Assign greedy =
            trial(1, {{"allocate_mib", 96}, {"seconds", 600}, {"ignore_stop", ignores}});
        greedy.options.memory_limit = 64UL << 20U;
        m.broker.say({greedy, trial(2)});
        const auto finish = m.finish_of(1);
        CHECK(finish.outcome.verdict == model::Verdict::Failed);
        CHECK(finish.outcome.text.find("memory_limit of 64MiB") != std::string::npos);
        if (ignores) {
            m.check_end_of_stuck(worker::kExitReplace);
        } else {
            m.check_end(worker::kExitReplace);
        }
        CHECK(m.has_logged("giving_up"));
    }
}

TEST_CASE("Work within its memory limit is let alone") {
    Meeting m;
    native::Assign modest = trial(1, {{"allocate_mib", 16}, {"seconds", 0.5}});
    modest.options.memory_limit = 512UL << 20U;
    m.broker.say({modest});
    CHECK(m.finish_of(1).outcome.verdict == model::Verdict::Succeeded);
}

TEST_CASE("After as many jobs as it was told a process gives way to another") {
    Meeting m({"--max-jobs", "2"});
    m.broker.say({trial(1), trial(2), trial(3)});
    CHECK(m.finish_of(1).outcome.verdict == model::Verdict::Succeeded);
    CHECK(m.finish_of(2).outcome.verdict == model::Verdict::Succeeded);
    m.check_end(worker::kExitReplace);
    CHECK(m.has_logged("max-jobs"));
    CHECK_FALSE(m.has_logged("giving_up"));
}

TEST_CASE("A process that holds too much memory after a job gives way to another") {
    Meeting m({}, {{"STEWARD_MAX_MEMORY", "64MiB"}});
    m.broker.say({trial(1), trial(2, {{"allocate_mib", 96}}), trial(3)});
    CHECK(m.finish_of(2).outcome.verdict == model::Verdict::Succeeded);
    m.check_end(worker::kExitReplace);
    CHECK(m.has_logged("max-memory"));
}

TEST_CASE("At the end of its lifetime a process gives way to another") {
    Meeting m({"--max-lifetime", "3s"});
    m.check_end(worker::kExitReplace);
    CHECK(m.has_logged("max-lifetime"));
}

TEST_CASE("Told to leave, a process ends with 0, also when its work has to be given up") {
    Meeting m;
    SUBCASE("idle") {
        m.process->signal(SIGTERM);
        m.check_end(worker::kExitEnded);
    }
    SUBCASE("at work that ends") {
        m.broker.say({trial(1, {{"seconds", 0.2}})});
        REQUIRE(m.broker.wait_for<native::Progress>().has_value());
        m.process->signal(SIGTERM);
        CHECK(m.finish_of(1).outcome.verdict == model::Verdict::Succeeded);
        m.check_end(worker::kExitEnded);
    }
    SUBCASE("at work that hangs") {
        m.broker.say({hanging(1, 1min)});
        REQUIRE(m.broker.wait_for<native::Progress>().has_value());
        m.process->signal(SIGTERM);
        REQUIRE(m.broker.wait_for<native::Goodbye>([](const auto& g) { return g.finishing; }));
        m.broker.say({native::StopAttempt{attempt(1), "it was cancelled"}});
        m.check_end_of_stuck(worker::kExitEnded);
    }
}

TEST_CASE("Channels are announced") {
    CHECK(Meeting().ready.channels.empty());
    CHECK(Meeting({"--channel", "a,b", "--channel", "c"}).ready.channels == Args{"a", "b", "c"});
    CHECK(Meeting({}, {{"STEWARD_CHANNEL", "x"}}).ready.channels == Args{"x"});
}

TEST_CASE("Each outcome has its verdict") {
    Meeting m;
    m.broker.say({trial(1, {{"outcome", "fail"}, {"why", "no luck"}}),
                  trial(2, {{"outcome", "reject"}, {"why", "never"}}),
                  trial(3, {{"outcome", "throw"}, {"why", "thrown"}}),
                  trial(4, {{"outcome", "snooze"}, {"pause", 0.25}, {"why", "not yet"}})});
    CHECK(m.finish_of(1).outcome.verdict == model::Verdict::Failed);
    CHECK(m.finish_of(2).outcome.verdict == model::Verdict::FailedForGood);
    CHECK(m.finish_of(3).outcome.verdict == model::Verdict::Failed);
    CHECK(m.finish_of(4).outcome == model::Outcome{model::Verdict::Snoozed, "not yet", {}, 250ms});
    CHECK(e2e::wait_until([&] { return m.has_logged("no luck"); }));  // by a thread of its own
    CHECK_FALSE(m.has_logged("not yet"));                             // nothing went wrong
    // The same job again: the pause is over.
    native::Assign again = trial(4, {{"outcome", "snooze"}});
    again.attempt.number = 2;
    m.broker.say({again});
    CHECK(m.broker.wait_for<native::Finish>().value().outcome.verdict == model::Verdict::Succeeded);
}

TEST_CASE("A job sees what it was given, and its children inherit the context") {
    Meeting m;
    native::Assign given = trial(1,
                                 {{"children",
                                   {{{"service", "OTHER"}, {"params", 5}},
                                    {{"service", "OTHER"}, {"options", {{"priority", "high"}}}}}}});
    given.options.priority = 7;
    given.options.channel = "gpu";
    given.options.context = "order-17";
    given.options.group = "acme";
    given.options.batch = "night";
    given.options.memory_limit = 1UL << 40U;
    m.broker.say({given});
    REQUIRE(m.frontend.wait_for<native::ClientHello>().has_value());
    m.frontend.say({native::Welcome{1, "hand", 1h, 1'000'000, 100, 0s}});
    for (const std::uint64_t child : {21U, 22U}) {
        const auto submit = m.frontend.wait_for<native::Submit>().value();
        CHECK(submit.spec.service.view() == "OTHER");
        CHECK(submit.spec.options.context == model::Label("order-17"));
        CHECK(submit.spec.options.priority ==
              (child == 21 ? std::nullopt : std::optional(model::kPriorityHigh)));
        m.frontend.say({native::Accepted{submit.number, {7, child}, false}});
    }
    const json told = result_of(m.finish_of(1));
    CHECK(told["priority"] == 7);
    CHECK(told["channel"] == "gpu");
    CHECK(told["context"] == "order-17");
    CHECK(told["group"] == "acme");
    CHECK(told["batch"] == "night");
    CHECK(told["memory_limit"] == 1UL << 40U);
    CHECK(told["children"] == json{model::JobId{7, 21}.text(), model::JobId{7, 22}.text()});
}

}  // namespace steward::contract
