// tests: docs/events.md lists the events that there are, and keys that events have.
#include <algorithm>
#include <set>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "common/wire/event_json.hpp"
#include "tests/unit/wire/protocol_page.hpp"

using namespace steward;
using namespace steward::wire;
using model::EventKind;
using test::ProtocolPage;

namespace {

// "`a`, `b` (so many)" gives a and b.
std::vector<std::string> code_words(const std::string& cell) {
    std::vector<std::string> words;
    std::istringstream text(cell);
    std::string between;
    std::string word;
    while (std::getline(text, between, '`') && std::getline(text, word, '`')) {
        words.push_back(word);
    }
    return words;
}

std::vector<ProtocolPage::Row> all_events(const ProtocolPage& page) {
    std::vector<ProtocolPage::Row> rows;
    for (const char* heading : {"Events of a job", "Events of a service", "Events of a batch"}) {
        for (const ProtocolPage::Row& row : page.table(heading)) {
            rows.push_back(row);
        }
    }
    return rows;
}

// The keys of an event that has everything, in their order.
std::vector<std::string> keys_of_the_code() {
    const model::Payload params{model::Encoding::Json, base::Blob::copy("1")};
    const model::JobOptions options;
    EventForPeople event;
    event.job = {1, 2};
    event.service = "s";
    event.attempt = 1;
    event.worker = "00";
    event.detail = "d";
    event.done = 1;
    event.total = 2;
    event.due = base::WallTime();
    event.context = "c";
    event.group = "g";
    event.batch = "b";
    event.owner = "o";
    event.submission = {1, 2};
    event.params = &params;
    event.options = std::make_shared<const model::JobOptions>(options);
    std::string line;
    append_event_json(line, event);
    const auto object = nlohmann::ordered_json::parse(line);
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items()) {
        keys.push_back(key);
    }
    return keys;
}

}  // namespace

TEST_CASE("the page lists every event in the code's order, and no other") {
    std::vector<std::string> events;
    for (std::size_t i = 0; i < model::kEventKinds; ++i) {
        events.emplace_back(model::name_of(static_cast<EventKind>(i)));
    }
    std::vector<std::string> listed;
    for (const ProtocolPage::Row& row : all_events(ProtocolPage("events.md"))) {
        REQUIRE(code_words(row.at(0)).size() == 1);
        listed.push_back(code_words(row.at(0)).front());
        CHECK_FALSE(row.at(1).empty());
    }
    CHECK(listed == events);
}

TEST_CASE("the page explains the keys that events have, in their order") {
    std::vector<std::string> explained;
    for (const ProtocolPage::Row& row : ProtocolPage("events.md").table("What an event holds")) {
        explained.push_back(code_words(row.at(0)).at(0));
    }
    CHECK(explained == keys_of_the_code());
}

TEST_CASE("every key that the page gives an event is one that it explains") {
    const std::vector<std::string> keys = keys_of_the_code();
    for (const ProtocolPage::Row& row : all_events(ProtocolPage("events.md"))) {
        for (const std::string& key : code_words(row.at(2))) {
            CAPTURE(row.at(0));
            CAPTURE(key);
            CHECK(std::ranges::find(keys, key) != keys.end());
        }
    }
}

TEST_CASE("the page marks as ends the events that end a job") {
    for (const ProtocolPage::Row& row : all_events(ProtocolPage("events.md"))) {
        const auto kind = model::event_named(code_words(row.at(0)).at(0));
        REQUIRE(kind.has_value());
        CAPTURE(row.at(0));
        CHECK(model::is_end(*kind) == (row.at(1).find("**end**") != std::string::npos));
    }
}

TEST_CASE("an event that has Truman's name has it to the letter") {
    std::set<std::string> his;
    for (const ProtocolPage::Row& row : ProtocolPage("events.md").table("Events of a job")) {
        REQUIRE(row.size() == 4);
        if (!row[3].empty()) {
            CHECK("`" + row[3] + "`" == row[0]);
            his.insert(row[3]);
        }
    }
    CHECK(his == std::set<std::string>{"RECEIVED",
                                       "DEDUPLICATED",
                                       "DELAYED",
                                       "ENQUEUED",
                                       "DEQUEUED",
                                       "DELEGATE_START",
                                       "DELEGATE_ERROR",
                                       "EXECUTE_START",
                                       "EXECUTE_ERROR",
                                       "EXECUTE_COMPLETE",
                                       "RETRY"});
}
