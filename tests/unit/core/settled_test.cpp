// tests: which end settles that a job's params need not be kept. That facts without such params
// rebuild the same state is checked after every test of this room, see core_fixture.hpp.
#include "tests/unit/core/core_fixture.hpp"

namespace steward::core::test {
namespace {

using model::Verdict;

/// The number of the last fact of a kind, and what it settles.
template <class Fact>
std::pair<Seq, Seq> last_of(const Effects& effects) {
    std::pair<Seq, Seq> found{0, 0};
    for (const Append& append : effects.appends) {
        if (std::holds_alternative<Fact>(append.record)) {
            found = {append.seq, append.settles};
        }
    }
    REQUIRE(found.first != 0);
    return found;
}

/// What the end of such a job settles, as the number of its JobAccepted or 0.
bool is_settled(const Call& call, Verdict verdict) {
    Broker broker(patient());
    broker.ready(1, {"X"});
    broker.submit(Call{});  // so that numbers are not all the same
    broker.finish(1, only_assign(broker.effects).second);
    const auto running = only_assign(broker.submit(call));
    const Seq accepted = last_of<JobAccepted>(broker.effects).first;
    const Seq settles = last_of<JobEnded>(broker.finish(1, running.second, verdict)).second;
    CHECK((settles == 0 || settles == accepted));
    return settles == accepted;
}

}  // namespace

TEST_CASE("settled: a job that has succeeded needs its params no more, whatever it leaves behind") {
    CHECK(is_settled({}, Verdict::Succeeded));
    CHECK(is_settled(Call{}.with([](auto& o) { o.result_ttl = 0s; }), Verdict::Succeeded));
    CHECK(is_settled(Call{}.with([](auto& o) { o.unique = "key"; }), Verdict::Succeeded));
}

TEST_CASE("settled: a dead letter may be retried, so its params are kept") {
    CHECK_FALSE(is_settled({}, Verdict::FailedForGood));
}

TEST_CASE("settled: where the params are the key they are kept") {
    CHECK_FALSE(
        is_settled(Call{}.with([](auto& o) { o.unique_params = true; }), Verdict::Succeeded));
}

TEST_CASE("settled: of a job that is not durable there is nothing to settle") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const auto running =
        only_assign(broker.submit(Call{}.with([](auto& o) { o.durable = false; })));
    CHECK(broker.finish(1, running.second).appends.empty());
}

TEST_CASE("settled: a dead letter that was retried is settled by its last end") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const auto running = only_assign(broker.submit(Call{}));
    const Seq accepted = last_of<JobAccepted>(broker.effects).first;
    broker.finish(1, running.second, Verdict::FailedForGood);
    JobFilter filter;
    filter.jobs = {running.second.job};
    const auto again = only_assign(broker.operate(RetryDead{filter, 0}));
    CHECK(last_of<JobEnded>(broker.finish(1, again.second)).second == accepted);
}

}  // namespace steward::core::test
