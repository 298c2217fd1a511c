// Results that differ little from those before them and results that differ by much, kept beside
// each other: each is told as it was.
#include "broker/core/results.hpp"

#include <deque>
#include <limits>
#include <string>
#include <tuple>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"

namespace {

using namespace steward;
using namespace std::chrono_literals;
using core::Ended;

auto all_of(const Ended& ended) {
    const core::JobNames none;
    const core::JobNames& names = ended.names != nullptr ? *ended.names : none;
    return std::tuple(std::tuple(ended.id, ended.service, ended.state, ended.sync, ended.durable),
                      std::tuple(ended.owner, ended.priority, ended.attempt, ended.text),
                      std::tuple(ended.result, ended.accepted_at, ended.started_at, ended.ended_at),
                      std::tuple(ended.forget_at, ended.seq, ended.channel),
                      std::tuple(names.context, names.group, names.batch));
}

class Ends {
public:
    explicit Ends(std::uint64_t seed) : random_(seed) {}

    base::Prng& random() { return random_; }

    // Mostly like those before it; one in `1 / odd` has something that is far from theirs.
    Ended next(base::MonoTime now, std::uint64_t number, unsigned odd) {
        Ended ended;
        ended.id = {7, number};
        ended.service = *model::ServiceName::parse(random_.below(3) == 0 ? "mail" : "image");
        ended.sync = random_.below(2) == 0;
        ended.durable = random_.below(2) == 0;
        ended.seq = ended.durable ? 100 + number : 0;
        ended.owner = static_cast<core::OwnerId>(random_.below(3));
        ended.priority = random_.below(4) == 0 ? model::kPriorityHigh : model::kPriorityNormal;
        ended.attempt = 1;
        if (random_.below(3) == 0) {
            ended.result = {model::Encoding::Json, base::Blob::copy("{\"done\":true}")};
        }
        ended.accepted_at = base::WallTime(now.time_since_epoch() - some(1h));
        ended.started_at = ended.accepted_at + some(1h);
        ended.ended_at = ended.started_at + some(10min);
        ended.forget_at = now + 1s + some(10min);
        if (random_.below(odd) == 0) {
            make_odd(ended);
        }
        return ended;
    }

private:
    base::Duration some(base::Duration most) {
        return base::Duration{
            static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(most.count())))};
    }

    void make_odd(Ended& ended) {
        switch (random_.below(11)) {
            case 0: ended.id.epoch = random_.next(); break;
            case 1: ended.id.number |= random_.next() << 30U; break;
            case 2: ended.accepted_at = base::WallTime{}; break;
            case 3: ended.started_at = base::WallTime{}; break;
            case 4: ended.ended_at = ended.started_at - 1s; break;
            case 5: ended.forget_at += std::chrono::hours(24 * 365); break;
            case 6: ended.seq = random_.next(); break;
            case 7: ended.priority = std::numeric_limits<std::int32_t>::min(); break;
            case 8: ended.attempt = 256; break;
            case 9:
                ended.state = model::JobState::Failed;
                ended.text = base::Blob::copy("the disk was full");
                break;
            default:
                ended.channel = "night";
                ended.names = std::make_shared<const core::JobNames>(core::JobNames{"a", {}, "b"});
        }
    }

    base::Prng random_;
};

void check_all(const core::ResultTable& table, const std::deque<Ended>& model, base::MonoTime now) {
    REQUIRE(table.end() - table.first() == table.size());
    REQUIRE(table.size() <= model.size());
    const std::size_t gone = model.size() - table.size();
    for (std::size_t i = 0; i < model.size(); ++i) {
        const auto found = table.find(model[i].id, now);
        REQUIRE(found.has_value() == (i >= gone && model[i].forget_at > now));
        REQUIRE((!found || all_of(*found) == all_of(model[i])));
        REQUIRE((i < gone || all_of(table.at(table.first() + i - gone)) == all_of(model[i])));
    }
}

}  // namespace

TEST_CASE("results: each is told as it was, however it differs from its neighbours") {
    for (const unsigned odd : {1U, 2U, 50U, 1'000'000U}) {
        CAPTURE(odd);
        Ends ends(odd);
        model::Limits limits;
        limits.results_max = 1'300;
        core::ResultTable table;
        std::deque<Ended> model;
        base::MonoTime now(1h);
        std::uint64_t number = 0;
        for (int round = 0; round < 12; ++round) {
            for (int i = 0; i < 400; ++i) {
                number += 1 + ends.random().below(3);
                model.push_back(ends.next(now, number, odd));
                table.add(Ended(model.back()), now, limits);
                now += base::Duration{static_cast<std::int64_t>(ends.random().below(1000))};
            }
            check_all(table, model, now);
            now += round % 4 == 3 ? 30min : 1s;  // now and then none of them is left
            table.forget_old(now);
            check_all(table, model, now);
        }
    }
}

TEST_CASE("results: they weigh no more than they may, and nothing is left of their weight") {
    Ends ends(3);
    model::Limits limits;
    limits.results_bytes_max = 20'000;
    core::ResultTable table;
    const base::MonoTime now(1h);
    for (std::uint64_t number = 1; number < 3'000; ++number) {
        table.add(ends.next(now, number, 3), now, limits);
        REQUIRE(table.bytes() <= limits.results_bytes_max);
        REQUIRE(table.size() > 0);
    }
    CHECK(table.dropped() + table.size() == 2'999);
    table.forget_old(base::MonoTime::max());
    CHECK(table.size() == 0);
    CHECK(table.bytes() == 0);
}
