#include "gateway/api/asking.hpp"

#include <utility>

#include "common/base/whole_number.hpp"
#include "common/wire/params.hpp"
#include "gateway/api/desk.hpp"
#include "gateway/params/job_query.hpp"

namespace steward::gateway {

using base::Errc;
using nlohmann::json;

namespace {

constexpr std::uint32_t kRowsMax = 10'000;
constexpr std::uint32_t kRowsDefault = 100;

base::Expected<std::uint64_t> number_of(std::string_view name,
                                        std::string_view text,
                                        std::uint64_t max) {
    const auto number = base::parse_whole<std::uint64_t>(text);
    if (!number || *number > max) {
        return base::fail(Errc::BadParams,
                          std::string(name) + " is \"" + std::string(text) +
                              "\", which is no whole number from 0 to " + std::to_string(max));
    }
    return *number;
}

base::Expected<void> add_states(std::string_view words, std::vector<model::JobState>& states) {
    while (!words.empty()) {
        const std::string_view word = words.substr(0, words.find(','));
        words.remove_prefix(std::min(word.size() + 1, words.size()));
        const auto state = model::state_named(word);
        if (!state) {
            return base::fail(Errc::BadParams, "there is no state \"" + std::string(word) + "\"");
        }
        states.push_back(*state);
    }
    return {};
}

base::Expected<void> add_word(client::Query& query, const Pair& pair) {
    client::Filter& which = query.which;
    const std::pair<std::string_view, std::string*> texts[] = {{"service", &which.service},
                                                               {"context", &which.context},
                                                               {"group", &which.group},
                                                               {"batch", &which.batch}};
    for (const auto& [name, target] : texts) {
        if (pair.name == name) {
            *target = pair.value;
            return {};
        }
    }
    if (pair.name == "state") {
        return add_states(pair.value, which.states);
    }
    if (pair.name == "after") {
        return number_of("after", pair.value, UINT64_MAX).map([&](std::uint64_t after) {
            query.after = after;
        });
    }
    return number_of("limit", pair.value, kRowsMax).map([&](std::uint64_t limit) {
        query.rows_max = static_cast<std::uint32_t>(limit);
    });
}

// A bulk operation looks at so many jobs at a time and says where it goes on.
void operate_from(Desk& desk,
                  const std::string& verb,
                  const std::shared_ptr<json>& arguments,
                  std::uint64_t changed,
                  const Done<json>& done) {
    desk.broker.operate(
        verb, *arguments, [&desk, verb, arguments, changed, done](base::Expected<json> report) {
            if (!report || !report->is_object() || !report->contains("changed")) {
                done(std::move(report));
                return;
            }
            const std::uint64_t total = changed + report->value("changed", std::uint64_t{0});
            const std::uint64_t next = report->value("next", std::uint64_t{0});
            if (next == 0) {
                done(json{{"changed", total}});
                return;
            }
            (*arguments)["from"] = next;
            operate_from(desk, verb, arguments, total, done);
        });
}

base::Expected<std::vector<model::JobId>> ids_in(const json& filter) {
    std::vector<model::JobId> ids;
    for (const json& text : filter.value("jobs", json::array())) {
        auto id = id_of(text.is_string() ? text.get<std::string>() : text.dump());
        if (!id) {
            return base::Unexpected(std::move(id.error()));
        }
        ids.push_back(*id);
    }
    return ids;
}

// What stands in a query as words and in a filter as values.
// NOLINTNEXTLINE(misc-no-recursion): as deep as params may be
std::string word_of(const json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (!value.is_array()) {
        return value.dump();
    }
    std::string words;
    for (const json& entry : value) {
        words += (words.empty() ? "" : ",") + word_of(entry);
    }
    return words;
}

}  // namespace

base::Expected<model::JobId> id_of(std::string_view text) {
    const auto id = model::JobId::parse(text);
    if (!id) {
        return base::fail(Errc::BadParams,
                          "\"" + std::string(text.substr(0, 64)) + "\" is no job id");
    }
    return *id;
}

base::Expected<json> object_of(const Request& request) {
    if (request.body.empty()) {
        return json::object();
    }
    auto value = wire::decode_params({model::Encoding::Json, base::Blob::copy(request.body)});
    if (value && !value->is_object()) {
        return base::fail(Errc::BadParams, "the body is JSON, but no object");
    }
    return value;
}

base::Expected<client::Query> listing_of(std::string_view what, const Pairs& pairs) {
    static const std::vector<std::string_view> kKnown = {
        "service", "state", "context", "group", "batch", "limit", "after"};
    if (auto known = only_known(pairs, kKnown); !known) {
        return base::Unexpected(std::move(known.error()));
    }
    client::Query query;
    query.what = what;
    query.rows_max = kRowsDefault;
    for (const Pair& pair : pairs) {
        if (auto added = add_word(query, pair); !added) {
            return base::Unexpected(std::move(added.error()));
        }
    }
    return query;
}

json named_rows(std::string_view name, json report) {
    if (report.is_object() && !report.contains("rows")) {
        return report;
    }
    json page = json::object();
    if (report.is_object() && report.contains("next")) {
        page["next"] = report["next"];
    }
    page[std::string(name)] = report.is_object() ? std::move(report["rows"]) : std::move(report);
    return page;
}

void answer_page(Desk& desk,
                 std::shared_ptr<Call> call,
                 const client::Query& query,
                 std::string rows_name) {
    desk.broker.ask(
        query, [call = std::move(call), name = std::move(rows_name)](base::Expected<json> report) {
            if (!report) {
                call->fail(report.error());
                return;
            }
            call->json(200, named_rows(name, std::move(*report)));
        });
}

void answer_report(Desk& desk, std::shared_ptr<Call> call, const client::Query& query) {
    desk.broker.ask(query, [call = std::move(call)](base::Expected<json> report) {
        report ? call->json(200, *report) : call->fail(report.error());
    });
}

base::Expected<client::Query> question_of(const std::string& what, const json& message) {
    const json filter = message.value("filter", json::object());
    if (!filter.is_object()) {
        return base::fail(Errc::BadParams, "\"filter\" is an object");
    }
    auto ids = ids_in(filter);
    if (!ids) {
        return base::Unexpected(std::move(ids.error()));
    }
    Pairs pairs;
    for (const auto& [name, value] : filter.items()) {
        if (name != "jobs") {
            pairs.push_back({name == "states" ? "state" : name, word_of(value)});
        }
    }
    for (const char* name : {"after", "limit"}) {
        if (message.contains(name)) {
            pairs.push_back({name, word_of(message[name])});
        }
    }
    return listing_of(what == "jobs" ? "list" : what, pairs).map([&](client::Query&& query) {
        query.which.jobs = std::move(*ids);
        return std::move(query);
    });
}

void operate_on_all(Desk& desk, std::string verb, json arguments, Done<json> done) {
    operate_from(desk, verb, std::make_shared<json>(std::move(arguments)), 0, done);
}

void answer_operation(Desk& desk, std::shared_ptr<Call> call, std::string verb, json arguments) {
    operate_on_all(desk,
                   std::move(verb),
                   std::move(arguments),
                   [call = std::move(call)](const base::Expected<json>& report) {
                       report ? call->json(200, *report) : call->fail(report.error());
                   });
}

}  // namespace steward::gateway
