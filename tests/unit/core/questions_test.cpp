// Workers are asked by way of the broker: who answers, who does not, and how many may wait.
#include <doctest/doctest.h>

#include "broker/core/question.hpp"
#include "tests/unit/core/core_fixture.hpp"

namespace steward::core {
namespace {

using base::Errc;
using namespace test;

AskWorker question(std::uint64_t worker, std::uint64_t number = 9) {
    return {at(50, number), Peer{worker}, Question::Check, false};
}

std::uint64_t number_asked(const Effects& effects, std::uint64_t worker) {
    const auto asks = sent<Ask>(effects);
    REQUIRE(asks.size() == 1);
    CHECK(asks.front().first.peer.value == worker);
    return asks.front().second->number;
}

Told answer(std::uint64_t worker, std::uint64_t number, std::string text = "{}") {
    return {Peer{worker}, 0, number, base::Blob::copy(text)};
}

TEST_CASE("questions: the worker is asked, and what it says goes to who asked") {
    Broker broker;
    broker.ready(1, {"X"});
    AskWorker asked = question(1);
    asked.privileged = true;
    asked.what = Question::Stop;
    const auto number = number_asked(broker.apply(asked), 1);
    CHECK(sent<Ask>(broker.effects).front().second->what == Question::Stop);
    CHECK(sent<Ask>(broker.effects).front().second->privileged);
    const auto says = sent<WorkerSays>(broker.apply(answer(1, number)));
    REQUIRE(says.size() == 1);
    CHECK(says.front().first == at(50, 9));
    CHECK(says.front().second->answer.view() == "{}");
    CHECK(broker.apply(answer(1, number)).sends.empty());
    CHECK(sent<Refused>(broker.wait(1s)).empty());
}

TEST_CASE("questions: who is not there, has no words for them or does not know this one") {
    Broker broker;
    CHECK(refused_with(broker.apply(question(1))) == Errc::UnknownName);
    Ready old;
    old.from = at(1);
    old.name = "zmws1";
    old.services = {service("X")};
    broker.apply(old);
    CHECK(refused_with(broker.apply(question(1))) == Errc::UnknownCommand);
    CHECK(sent<Ask>(broker.effects).empty());
    broker.ready(2, {"X"});
    const auto number = number_asked(broker.apply(question(2)), 2);
    CHECK(refused_with(broker.apply(answer(2, number, ""))) == Errc::UnknownCommand);
}

TEST_CASE("questions: one that is not answered ends in time, or with its worker") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto number = number_asked(broker.apply(question(1)), 1);
    CHECK(sent<Refused>(broker.wait(kQuestionPatience - 1us)).empty());
    CHECK(refused_with(broker.wait(1us)) == Errc::Timeout);
    CHECK(broker.apply(answer(1, number)).sends.empty());  // too late
    broker.apply(question(1, 10));
    CHECK(refused_with(broker.apply(PeerLost{Peer{1}})) == Errc::WorkerLost);
}

TEST_CASE("questions: answers that were not asked for go nowhere") {
    Broker broker;
    broker.ready(1, {"X"});
    broker.ready(2, {"X"});
    CHECK(broker.apply(answer(1, 0)).sends.empty());
    const auto number = number_asked(broker.apply(question(1)), 1);
    CHECK(broker.apply(answer(2, number)).sends.empty());
    for (std::uint64_t bit = 0; bit < 64; ++bit) {  // also numbers of free places, and of none
        CHECK(broker.apply(answer(1, number ^ (std::uint64_t{1} << bit))).sends.empty());
    }
    CHECK(sent<RegisterAgain>(broker.apply(answer(3, number))).size() == 1);
    CHECK(sent<WorkerSays>(broker.apply(answer(1, number))).size() == 1);
}

TEST_CASE("questions: they and their answers are bounded") {
    Broker broker;
    broker.ready(1, {"X"});
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < kQuestionsMax; ++i) {
        last = number_asked(broker.apply(question(1, i)), 1);
    }
    CHECK(refused_with(broker.apply(question(1))) == Errc::TooManyWaiters);
    CHECK(refused_with(broker.apply(answer(1, last, std::string(kAnswerBytesMax + 1, 'x')))) ==
          Errc::TooLarge);
    last = number_asked(broker.apply(question(1)), 1);
    CHECK(
        sent<WorkerSays>(broker.apply(answer(1, last, std::string(kAnswerBytesMax, 'x')))).size() ==
        1);
    CHECK(sent<Refused>(broker.wait(kQuestionPatience)).size() == kQuestionsMax - 1);
}

}  // namespace
}  // namespace steward::core
