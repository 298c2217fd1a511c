#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;

namespace {

// Lets worker `peer` finish `count` jobs of `run_time` each, so that the broker knows its pace.
void teach_pace(Broker& broker, std::uint64_t peer, int count, base::Duration run_time) {
    for (int i = 0; i < count; ++i) {
        const auto job = only_assign(broker.call());
        REQUIRE(job.first == peer);
        broker.finish(peer, job.second, model::Verdict::Succeeded, run_time);
    }
}

// So many workers of X that run one job at a time.
void announce(Broker& broker, std::uint64_t workers) {
    for (std::uint64_t worker = 1; worker <= workers; ++worker) {
        broker.ready(worker, {"X"}, 1, 1000);
    }
}

// Lets whoever gets it finish a job of `run_time` many times, so long after it was given as the
// hand-over takes beside that.
void teach_hand_over(Broker& broker, base::Duration run_time, base::Duration hand_over) {
    for (int i = 0; i < 60; ++i) {
        const auto [worker, attempt] = only_assign(broker.call());
        broker.wait(run_time + hand_over);
        broker.finish(worker, attempt, model::Verdict::Succeeded, run_time);
    }
}

// So many calls at one instant: how many each worker is given, in the order of their first.
std::vector<std::pair<std::uint64_t, int>> burst(Broker& broker, int calls) {
    std::vector<std::pair<std::uint64_t, int>> given;
    for (int i = 0; i < calls; ++i) {
        for (const auto& [to, assign] : sent<Assign>(broker.call())) {
            if (given.empty() || given.back().first != to.peer.value) {
                given.emplace_back(to.peer.value, 0);
            }
            ++given.back().second;
        }
    }
    return given;
}

// The same as one message.
std::vector<std::pair<std::uint64_t, int>> burst_together(Broker& broker,
                                                          std::uint64_t first,
                                                          std::uint64_t calls) {
    SubmitRun run;
    run.from = at(100);
    run.session = 1'000;  // nobody's
    run.service = service("X");
    for (std::uint64_t number = first; number < first + calls; ++number) {
        run.jobs.push_back({number, {model::Encoding::Opaque, base::Blob::copy("p")}});
    }
    std::vector<std::pair<std::uint64_t, int>> given;
    for (const auto& [to, assign] : sent<Assign>(broker.apply(std::move(run)))) {
        if (given.empty() || given.back().first != to.peer.value) {
            given.emplace_back(to.peer.value, 0);
        }
        ++given.back().second;
    }
    return given;
}

// Submits so many: which of them were given out.
std::vector<model::Attempt> submit_many(Broker& broker, const Call& call, int jobs) {
    std::vector<model::Attempt> given;
    for (int i = 0; i < jobs; ++i) {
        for (const auto& [to, assign] : sent<Assign>(broker.submit(call))) {
            given.push_back(assign->attempt);
        }
    }
    return given;
}

using Given = std::vector<std::pair<std::uint64_t, int>>;

}  // namespace

TEST_CASE("dispatch: the worker that has waited longest gets the next job") {
    Broker broker;
    broker.ready(1, {"X"});
    broker.ready(2, {"X"});
    broker.ready(3, {"X"});
    const auto a = only_assign(broker.call());
    const auto b = only_assign(broker.call());
    const auto c = only_assign(broker.call());
    CHECK(std::vector{a.first, b.first, c.first} == std::vector<std::uint64_t>{1, 2, 3});
    broker.finish(2, b.second);
    broker.finish(1, a.second);
    broker.finish(3, c.second);
    CHECK(only_assign(broker.call()).first == 2);
    CHECK(only_assign(broker.call()).first == 1);
    CHECK(only_assign(broker.call()).first == 3);
}

TEST_CASE("dispatch: also among workers with different sets of services") {
    Broker broker;
    broker.ready(1, {"X", "Y"});
    broker.ready(2, {"X"});
    CHECK(only_assign(broker.call("X")).first == 1);
    CHECK(only_assign(broker.call("X")).first == 2);
    CHECK(sent<Assign>(broker.call("X")).empty());
}

TEST_CASE("dispatch: a worker without measured pace holds no more jobs than it runs at once") {
    Broker broker;
    broker.ready(1, {"X"}, 3, 100);
    std::size_t assigned = 0;
    for (int i = 0; i < 10; ++i) {
        assigned += sent<Assign>(broker.call()).size();
    }
    CHECK(assigned == 3);
}

TEST_CASE("dispatch: 100 jobs and two workers of concurrency 1 never hold more than one each") {
    Policy policy;
    policy.ahead = base::Duration::zero();
    Broker broker(policy);
    broker.ready(1, {"X"}, 1, 100);
    broker.ready(2, {"X"}, 1, 100);
    std::vector<std::pair<std::uint64_t, model::Attempt>> held;
    for (int i = 0; i < 100; ++i) {
        for (const auto& [to, assign] : sent<Assign>(broker.call())) {
            held.emplace_back(to.peer.value, assign->attempt);
        }
    }
    std::size_t finished = 0;
    while (!held.empty()) {
        CHECK(held.size() <= 2);
        const auto [worker, attempt] = held.front();
        held.erase(held.begin());
        ++finished;
        for (const auto& [to, assign] : sent<Assign>(broker.finish(worker, attempt, {}, 1us))) {
            held.emplace_back(to.peer.value, assign->attempt);
        }
    }
    CHECK(finished == 100);
}

TEST_CASE("dispatch: a fast worker is given ahead what it eats in ten milliseconds") {
    Broker broker;
    broker.ready(1, {"X"}, 1, 1000);
    teach_pace(broker, 1, 3, 1ms);
    std::size_t assigned = 0;
    for (int i = 0; i < 50; ++i) {
        assigned += sent<Assign>(broker.call()).size();
    }
    CHECK(assigned == 11);  // one runs, ten milliseconds' worth wait with it
}

TEST_CASE("dispatch: a worker that was slow once is as quick as any after some quick jobs") {
    Broker broker;
    broker.ready(1, {"X"}, 1, 4000);
    teach_pace(broker, 1, 1, 1ms);
    teach_pace(broker, 1, 60, 10us);
    std::size_t assigned = 0;
    for (int i = 0; i < 1'100; ++i) {
        assigned += sent<Assign>(broker.call()).size();
    }
    CHECK(assigned == 1'001);
}

TEST_CASE(
    "dispatch: quick jobs come to idle workers in lots, as much work as the hand-over takes") {
    Broker broker;
    announce(broker, 3);
    teach_hand_over(broker, 10us, 1ms);
    const Given given = burst(broker, 250);
    REQUIRE(given.size() == 3);
    CHECK(given[0].first == 1);
    CHECK(given[0].second >= 95);
    CHECK(given[0].second <= 100);
    CHECK(given[1] == std::pair<std::uint64_t, int>(2, given[0].second));
    CHECK(given[2].first == 3);
}

TEST_CASE("dispatch: a lot belongs to one instant; the next goes to who has waited longest") {
    Broker broker;
    announce(broker, 2);
    teach_hand_over(broker, 10us, 1ms);
    CHECK(burst(broker, 5) == Given{{1, 5}});
    broker.wait(1us);
    CHECK(burst(broker, 5) == Given{{2, 5}});
}

TEST_CASE(
    "dispatch: where workers begin at once, or their jobs take longer, each job has its own") {
    for (const auto& [run_time, hand_over] : {std::pair{10us, 0us}, std::pair{2'000us, 1'000us}}) {
        Broker broker;
        announce(broker, 3);
        teach_hand_over(broker, run_time, hand_over);
        CHECK(burst(broker, 3) == Given{{1, 1}, {2, 1}, {3, 1}});
    }
}

TEST_CASE("dispatch: a lot is a quarter of what may be given ahead at the most") {
    Broker broker;
    announce(broker, 2);
    teach_hand_over(broker, 10us, 1s);
    const Given given = burst(broker, 400);
    REQUIRE(given.size() == 2);
    CHECK(given[0] == std::pair<std::uint64_t, int>(1, 250));

    Policy policy;
    policy.ahead = base::Duration::zero();
    Broker none(policy);
    announce(none, 2);
    teach_hand_over(none, 10us, 1s);
    CHECK(burst(none, 5) == Given{{1, 1}, {2, 1}});
}

TEST_CASE("dispatch: a lot ends with its worker") {
    Broker broker;
    announce(broker, 2);
    teach_hand_over(broker, 10us, 1ms);
    CHECK(burst(broker, 2) == Given{{1, 2}});
    broker.apply(Goodbye{Peer{1}, false});
    CHECK(burst(broker, 2) == Given{{2, 2}});
}

TEST_CASE("dispatch: of jobs that come in together, workers that hold few get one in turn") {
    Broker broker;
    announce(broker, 2);
    teach_hand_over(broker, 10us, 0us);
    const Given given = burst_together(broker, 1, 30);
    CHECK(given.size() == 30);
}

TEST_CASE("dispatch: those that hold many get as many in a row as hardly change that") {
    Broker broker;
    announce(broker, 2);
    teach_hand_over(broker, 10us, 0us);
    burst_together(broker, 1, 320);
    const Given given = burst_together(broker, 321, 200);
    std::array<int, 3> of{};
    for (const auto& [worker, jobs] : given) {
        of.at(worker) += jobs;
    }
    CHECK(of[1] + of[2] == 200);
    CHECK(std::abs(of[1] - of[2]) <= 260 / 16);
    CHECK(given.front().second == 1 + 160 / 16);
    CHECK(given.size() < 50);  // the last sixteen one in turn: nobody could tell the difference
}

TEST_CASE("dispatch: jobs that come in together fill a lot, then the next worker's") {
    Broker broker;
    announce(broker, 3);
    teach_hand_over(broker, 10us, 1ms);
    Broker apart;
    announce(apart, 3);
    teach_hand_over(apart, 10us, 1ms);
    CHECK(burst_together(broker, 1, 150) == burst(apart, 150));
}

TEST_CASE("dispatch: a row ends with its worker's room") {
    Broker broker;
    for (const std::uint64_t worker : {1U, 2U}) {
        broker.ready(worker, {"X"}, 1, 41);
    }
    teach_hand_over(broker, 10us, 0us);
    burst_together(broker, 1, 60);
    int assigned = 0;
    for (const auto& [worker, jobs] : burst_together(broker, 61, 60)) {
        assigned += jobs;
    }
    CHECK(assigned == 2 * 41 - 60);
}

TEST_CASE("dispatch: credit_max bounds what is given ahead") {
    Broker broker;
    broker.ready(1, {"X"}, 1, 4);
    teach_pace(broker, 1, 3, 1us);
    std::size_t assigned = 0;
    for (int i = 0; i < 50; ++i) {
        assigned += sent<Assign>(broker.call()).size();
    }
    CHECK(assigned == 4);
}

TEST_CASE(
    "dispatch: a worker that had all it may is given the next lot once half of that is left") {
    Broker broker;
    broker.ready(1, {"X"}, 1, 200);
    teach_pace(broker, 1, 3, 1us);
    std::vector<model::Attempt> held;
    const auto note = [&](const Effects& effects) {
        const auto assigned = sent<Assign>(effects);
        for (const auto& [to, assign] : assigned) {
            held.push_back(assign->attempt);
        }
        return assigned.size();
    };
    for (int i = 0; i < 500; ++i) {
        note(broker.call());
    }
    CHECK(held.size() == 200);
    std::vector<std::size_t> lots;
    while (!held.empty()) {
        const model::Attempt first = held.front();
        held.erase(held.begin());
        if (const std::size_t lot = note(broker.finish(1, first, {}, 1us)); lot > 0) {
            lots.push_back(lot);
        }
        CHECK(held.size() <= 200);
    }
    CHECK(lots.size() < 5);
    CHECK(lots.front() > 90);
}

TEST_CASE("dispatch: a worker that holds much is given nothing ahead until it holds less") {
    Policy policy;
    policy.limits.ahead_bytes_max = 2'500;
    Broker broker(policy);
    broker.ready(1, {"X"}, 1, 1000);
    teach_pace(broker, 1, 3, 1us);
    Call large;
    large.params = std::string(1'000, 'x');
    std::vector<model::Attempt> held = submit_many(broker, large, 50);
    CHECK(held.size() == 3);  // the third passes the bound, which counts what is held before
    std::size_t finished = 0;
    for (; !held.empty(); ++finished) {
        CHECK(held.size() <= 3);
        const model::Attempt first = held.front();
        held.erase(held.begin());
        for (const auto& [to, assign] : sent<Assign>(broker.finish(1, first, {}, 1us))) {
            held.push_back(assign->attempt);
        }
    }
    CHECK(finished == 50);
}

TEST_CASE(
    "dispatch: many small jobs are held ahead while they weigh 256 KiB, few large ones more") {
    for (const auto& [bytes, most] : {std::pair{1'024, 256}, std::pair{8'192, 300}}) {
        Broker broker;
        broker.ready(1, {"X"}, 1, 300);
        teach_pace(broker, 1, 3, 1us);
        Call call;
        call.params = std::string(static_cast<std::size_t>(bytes), 'x');
        const std::vector<model::Attempt> held = submit_many(broker, call, 400);
        CHECK(held.size() == static_cast<std::size_t>(most));
        // Not one for each that ends: again as many at once when half are left.
        std::vector<std::size_t> lots;
        for (int i = 0; i < most / 2 + 1; ++i) {
            const auto given =
                sent<Assign>(broker.finish(1, held[static_cast<std::size_t>(i)], {}, 1us));
            if (!given.empty()) {
                lots.push_back(given.size());
            }
        }
        REQUIRE(lots.size() == 1);
        CHECK(lots.front() >= static_cast<std::size_t>(most) / 4);
    }
}

TEST_CASE("dispatch: jobs given ahead are recalled for a worker that is free, in their order") {
    Broker broker;
    broker.ready(1, {"X"}, 1, 1000);
    teach_pace(broker, 1, 3, 2ms);
    const auto slow = only_assign(broker.call());
    std::vector<model::Attempt> ahead;
    for (int i = 0; i < 3; ++i) {
        ahead.push_back(only_assign(broker.call()).second);
    }
    CHECK(sent<Recall>(broker.wait(20ms)).empty());  // nobody else is there
    broker.ready(2, {"X"}, 1, 1);
    const auto recalls = sent<Recall>(broker.wait(20ms));
    REQUIRE(recalls.size() == 1);
    CHECK(recalls.front().second->attempts == ahead);

    const auto [worker, attempt] = only_assign(broker.apply(Return{Peer{1}, 0, ahead}));
    CHECK(worker == 2);
    CHECK(attempt == ahead.front());  // the same attempt: it had not begun
    CHECK(only_assign(broker.finish(2, attempt)).second == ahead[1]);
    CHECK(sent<JobResult>(broker.finish(1, slow.second)).size() == 1);
}

TEST_CASE("dispatch: a return of what is not held, or named twice, changes nothing") {
    Broker broker;
    broker.ready(1, {"X"});
    broker.ready(2, {"X"});
    const auto job = only_assign(broker.call());
    CHECK(sent<Assign>(broker.apply(Return{Peer{2}, 0, {job.second}})).empty());
    const auto again = only_assign(broker.apply(Return{Peer{1}, 0, {job.second, job.second}}));
    CHECK(again.second.number == 1);
    CHECK(broker.core.counters().recalled == 1);
}

TEST_CASE("dispatch: a worker of several services serves them in turns, higher priority first") {
    Broker broker;
    broker.ready(1, {"A", "B"});
    auto running = only_assign(broker.call("A"));
    broker.call("A");
    broker.call("A");
    broker.call("B");
    Call urgent;
    urgent.name = "B";
    urgent.options.sync = true;
    urgent.options.priority = model::kPriorityUrgent;
    broker.submit(urgent);
    std::string order;
    for (int i = 0; i < 4; ++i) {
        const auto assigns = sent<Assign>(broker.finish(1, running.second));
        REQUIRE(assigns.size() == 1);
        order += assigns.front().second->service.view();
        running.second = assigns.front().second->attempt;
    }
    CHECK(order.substr(0, 1) == "B");
    CHECK(std::ranges::count(order, 'A') == 2);
    CHECK(order.substr(1, 2) != "AA");
}

TEST_CASE("dispatch: turns of services are kept where a worker has many slots") {
    Policy policy;
    policy.spill_jobs = 100;  // so few are in memory
    policy.services.push_back({"A", {}, 0});
    policy.services.push_back({"B", {}, 0});
    Broker broker(policy);
    for (const char* service : {"A", "B"}) {
        for (int i = 0; i < 4; ++i) {
            Call call;
            call.name = service;
            call.params = service;
            call.options.durable = false;
            broker.submit(call);
        }
    }
    broker.ready(1, {"A", "B"}, 6);
    CHECK(sent<Assign>(broker.effects).size() == 6);
    CHECK(work_off(broker, 1) == "ABABABAB");
}

TEST_CASE(
    "dispatch: what a worker of several services gets at once comes in turns while two have jobs") {
    Policy policy;
    policy.services.push_back({"A", {}, 0});
    policy.services.push_back({"B", {}, 0});
    Broker broker(policy);
    for (const auto& [service, count] : {std::pair{"A", 9}, std::pair{"B", 3}}) {
        for (int i = 0; i < count; ++i) {
            Call call;
            call.name = service;
            call.params = service;
            broker.submit(call);
        }
    }
    broker.ready(1, {"A", "B"}, 8);
    CHECK(sent<Assign>(broker.effects).size() == 8);
    CHECK(work_off(broker, 1) == "ABABABAAAAAA");
}
