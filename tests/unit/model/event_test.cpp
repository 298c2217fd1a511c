// tests: the kinds of events, their names and sets.
#include "common/model/event.hpp"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

using namespace steward::model;

namespace {

EventKind kind_of(std::size_t number) {
    return static_cast<EventKind>(number);
}

}  // namespace

TEST_CASE("every kind of event has a name of its own, in capitals and underlines") {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < kEventKinds; ++i) {
        const std::string_view name = name_of(kind_of(i));
        CAPTURE(name);
        CHECK_FALSE(name.empty());
        CHECK(std::ranges::all_of(name, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }));
        CHECK(event_named(name) == kind_of(i));
        names.insert(name);
    }
    CHECK(names.size() == kEventKinds);
    CHECK(name_of(EventKind::Received) == "RECEIVED");
    CHECK(name_of(EventKind::ExecuteComplete) == "EXECUTE_COMPLETE");
    CHECK(name_of(EventKind::BatchComplete) == "BATCH_COMPLETE");
    CHECK_FALSE(event_named("received").has_value());
    CHECK_FALSE(event_named("").has_value());
}

TEST_CASE("a job's life ends with one of five events") {
    const std::set<EventKind> ends = {EventKind::ExecuteComplete,
                                      EventKind::Failed,
                                      EventKind::Dead,
                                      EventKind::Expired,
                                      EventKind::Cancelled};
    for (std::size_t i = 0; i < kEventKinds; ++i) {
        CAPTURE(name_of(kind_of(i)));
        CHECK(is_end(kind_of(i)) == ends.contains(kind_of(i)));
    }
}

TEST_CASE("a set of events has what was added and not removed") {
    EventSet set;
    CHECK(set.empty());
    set.add(EventKind::Dead);
    set.add(EventKind::BatchComplete);
    CHECK(set.has(EventKind::Dead));
    CHECK_FALSE(set.has(EventKind::Expired));
    set.remove(EventKind::Dead);
    CHECK_FALSE(set.has(EventKind::Dead));
    CHECK_FALSE(set.empty());
    EventSet other;
    other.add(EventKind::Received);
    set |= other;
    CHECK(set.has(EventKind::Received));
    CHECK(set.has(EventKind::BatchComplete));
    for (std::size_t i = 0; i < kEventKinds; ++i) {
        CHECK(EventSet::all().has(kind_of(i)));
    }
}
