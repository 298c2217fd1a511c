// Pause, resume, drain and the kill switch, of one service and of all.
#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using base::Errc;
using model::EventKind;
using model::JobState;

namespace {

Effects& set(Broker& broker, std::vector<ModeChange> changes) {
    return broker.operate(SetModes{std::move(changes)});
}

bool is_taken(const Effects& effects) {
    return sent<JobTaken>(effects).size() == 1;
}

bool starts(const Effects& effects) {
    return sent<Assign>(effects).size() == 1;
}

std::string mode_of(Broker& broker, std::string name) {
    JobFilter filter;
    filter.service = std::move(name);
    return ask<model::ServiceReport>(broker, QueryKind::Services, filter).rows.front().mode;
}

}  // namespace

TEST_CASE("modes: a paused service takes jobs and starts none, until it is resumed") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X"}, 5);
    CHECK(changed(set(broker, {{"X", Mode::Paused}})) == 1);
    CHECK(is_taken(broker.submit(of("X"))));
    CHECK_FALSE(starts(broker.effects));
    CHECK_FALSE(starts(broker.ready(2, {"X"}, 5)));
    set(broker, {{"X", Mode::Running}});
    CHECK(starts(broker.effects));
}

TEST_CASE("modes: what runs when its service is paused, runs on") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(of("X")));
    broker.submit(of("X"));
    set(broker, {{"X", Mode::Paused}});
    CHECK(sent<StopAttempt>(broker.effects).empty());
    broker.finish(1, job.second);
    CHECK(state_of(broker, job.second.job) == JobState::Succeeded);
    CHECK(sent<Assign>(broker.effects).empty());
}

TEST_CASE("modes: a draining service starts what it has and takes nothing") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.submit(of("X"));
    set(broker, {{"X", Mode::Draining}});
    CHECK(refused_with(broker.submit(of("X"))) == Errc::ServiceStopped);
    CHECK(sent<Refused>(broker.effects).front().second->error.retry_after);
    CHECK(starts(broker.ready(1, {"X"})));
    // Also what fails and is tried again.
    broker.finish(1, {{0, 0}, 0});
    set(broker, {{"X", Mode::Running}});
    CHECK(is_taken(broker.submit(of("X"))));
}

TEST_CASE("modes: a draining service tries again what has failed") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(of("X")));
    set(broker, {{"X", Mode::Draining}});
    broker.finish(1, job.second, model::Verdict::Failed);
    CHECK(starts(broker.wait(10s)));
}

TEST_CASE("modes: a disabled service takes nothing and starts nothing") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.submit(of("X"));
    set(broker, {{"X", Mode::Disabled}});
    CHECK(refused_with(broker.submit(of("X"))) == Errc::ServiceStopped);
    CHECK_FALSE(starts(broker.ready(1, {"X"}, 5)));
    CHECK(broker.call("Y").stops.empty());
    set(broker, {{"X", Mode::Running}});
    CHECK(starts(broker.effects));
}

TEST_CASE("modes: of all services one mode may be set, and each has its own beside it") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X", "Y"}, 9);
    set(broker, {{"", Mode::Paused}});
    CHECK(is_taken(broker.submit(of("X"))));
    CHECK(is_taken(broker.submit(of("Y"))));
    set(broker, {{"X", Mode::Paused}});
    set(broker, {{"", Mode::Running}});
    CHECK(sent<Assign>(broker.effects).size() == 1);  // of Y
    CHECK(mode_of(broker, "X") == "paused");
    CHECK(mode_of(broker, "Y") == "running");
    set(broker, {{"X", Mode::Running}});
    CHECK(starts(broker.effects));
}

TEST_CASE("modes: the stricter of both counts; paused and draining together leave nothing") {
    Broker broker(patient_knowing({"X", "Y"}));
    const std::pair<Mode, Mode> pairs[] = {{Mode::Running, Mode::Running},
                                           {Mode::Running, Mode::Paused},
                                           {Mode::Running, Mode::Draining},
                                           {Mode::Running, Mode::Disabled},
                                           {Mode::Paused, Mode::Paused},
                                           {Mode::Paused, Mode::Draining},
                                           {Mode::Paused, Mode::Disabled},
                                           {Mode::Draining, Mode::Draining},
                                           {Mode::Draining, Mode::Disabled},
                                           {Mode::Disabled, Mode::Disabled}};
    const char* expected[] = {"running",
                              "paused",
                              "draining",
                              "disabled",
                              "paused",
                              "disabled",
                              "disabled",
                              "draining",
                              "disabled",
                              "disabled"};
    for (std::size_t i = 0; i < std::size(pairs); ++i) {
        for (const bool is_turned : {false, true}) {
            const auto [one, other] = pairs[i];
            set(broker, {{"X", is_turned ? other : one}, {"", is_turned ? one : other}});
            CHECK(mode_of(broker, "X") == expected[i]);
        }
    }
}

TEST_CASE("modes: a switch for the whole broker refuses also what it has never heard of") {
    Broker broker(patient_knowing({"X", "Y"}));
    set(broker, {{"", Mode::Disabled}});
    Call unheard = of("unheard");
    unheard.unknown = UnknownService::Hold;
    CHECK(refused_with(broker.submit(unheard)) == Errc::ServiceStopped);
}

TEST_CASE("modes: many change in one transaction, with one record and one answer") {
    Broker broker(patient_knowing({"X", "Y"}));
    const Effects& effects =
        set(broker, {{"", Mode::Paused}, {"X", Mode::Disabled}, {"Z", Mode::Draining}});
    CHECK(changed(effects) == 3);
    REQUIRE(effects.appends.size() == 1);
    CHECK(effects.sends.front().after == effects.appends.front().seq);
    CHECK(events(effects) ==
          std::vector{EventKind::Paused, EventKind::Disabled, EventKind::Drained});
    CHECK(effects.announces[0].service.view() == "*");
    CHECK(effects.announces[1].service.view() == "X");
    CHECK(effects.announces[2].after == effects.appends.front().seq);
}

TEST_CASE("modes: one that cannot be changed keeps all from changing") {
    Broker broker(patient_knowing({"X", "Y"}));
    CHECK(refused_with(set(broker, {{"X", Mode::Disabled}, {"mmi.service", Mode::Paused}})) ==
          Errc::ReservedName);
    CHECK(refused_with(set(broker, {{"X", Mode::Disabled}, {"no good", Mode::Paused}})) ==
          Errc::BadName);
    CHECK(broker.effects.appends.empty());
    CHECK(mode_of(broker, "X") == "running");

    Policy policy = patient_knowing({"X", "Y"});
    policy.limits.services_max = 3;
    Broker full(policy);
    CHECK(
        refused_with(set(full, {{"X", Mode::Paused}, {"A", Mode::Paused}, {"B", Mode::Paused}})) ==
        Errc::TooManyServices);
    CHECK(mode_of(full, "X") == "running");
    CHECK(changed(set(full, {{"X", Mode::Paused}, {"A", Mode::Paused}})) == 2);
}

TEST_CASE("modes: setting what is set changes nothing and is told to nobody") {
    Broker broker(patient_knowing({"X", "Y"}));
    set(broker, {{"X", Mode::Paused}});
    CHECK(changed(set(broker, {{"X", Mode::Paused}})) == 0);
    CHECK(broker.effects.announces.empty());
}

TEST_CASE("modes: resumed and enabled are different events") {
    Broker broker(patient_knowing({"X", "Y"}));
    set(broker, {{"X", Mode::Paused}});
    CHECK(events(set(broker, {{"X", Mode::Running}})) == std::vector{EventKind::Resumed});
    set(broker, {{"X", Mode::Disabled}});
    CHECK(events(set(broker, {{"X", Mode::Running}})) == std::vector{EventKind::Enabled});
}

TEST_CASE("modes: a service nobody has announced can be stopped before it comes") {
    Broker broker;
    set(broker, {{"later", Mode::Paused}});
    CHECK(refused_with(broker.submit(of("later"))) == Errc::UnknownService);
    broker.ready(1, {"later"});
    CHECK(is_taken(broker.submit(of("later"))));
    CHECK(state_of(broker, taken_id(broker.effects)) == JobState::Ready);
}

TEST_CASE("modes: what comes due, is retried or comes back while paused waits with the others") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X"}, 5);
    const auto dead = only_assign(broker.submit(of("X")));
    broker.finish(1, dead.second, model::Verdict::FailedForGood);
    const auto delayed = taken_id(broker.submit(of("X").with([](auto& o) { o.delay = 1s; })));
    const auto lost = only_assign(broker.submit(of("X")));
    set(broker, {{"X", Mode::Paused}});
    broker.operate(RetryDead{only_job(dead.second.job), 0});
    broker.wait(1s);
    broker.ready(2, {"X"}, 5);
    CHECK(sent<Assign>(broker.apply(PeerLost{Peer{1}})).empty());
    for (const auto& job : {dead.second.job, delayed, lost.second.job}) {
        CHECK(state_of(broker, job) == JobState::Ready);
    }
    CHECK(sent<Assign>(set(broker, {{"X", Mode::Running}})).size() == 3);
}

TEST_CASE("modes: a worker of several services is given what may run when one is paused") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X", "Y"});
    const auto running = only_assign(broker.submit(of("Y")));
    set(broker, {{"X", Mode::Paused}});
    for (int i = 0; i < 3; ++i) {
        broker.submit(of("X"));
        broker.submit(of("Y"));
    }
    broker.finish(1, running.second);
    CHECK(work_off(broker, 1).size() == 3);
    set(broker, {{"X", Mode::Running}});
    CHECK(work_off(broker, 1).size() == 3);
}

TEST_CASE("modes: a resend of what was taken before is answered although nothing is taken now") {
    Broker broker(patient_knowing({"X", "Y"}));
    const auto job = taken_id(broker.submit(of("X")));
    set(broker, {{"X", Mode::Disabled}});
    Call again = of("X");
    again.number = 1;
    again.again = true;
    CHECK(taken_id(broker.submit(again)) == job);
}
