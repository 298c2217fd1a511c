#include "supervisor/app/commands.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

namespace steward::supervisor {
namespace {

using nlohmann::json;

constexpr base::Duration kWaitMax = 1h;

std::string text_of(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Reply at_once(json answer) {
    answer.emplace("ok", true);
    return {[text = text_of(answer)](base::MonoTime, bool) { return std::optional(text); }, {}};
}

Reply refusal(const base::Error& error) {
    const json answer = {
        {"ok", false},
        {"error", {{"code", base::name_of(error.code)}, {"message", error.message}}}};
    return {[text = text_of(answer)](base::MonoTime, bool) { return std::optional(text); }, {}};
}

Reply refusal(std::string message) {
    return refusal(base::Error{base::Errc::Malformed, std::move(message)});
}

std::vector<std::string> texts_in(const json& request, const char* key) {
    std::vector<std::string> texts;
    if (const auto found = request.find(key); found != request.end() && found->is_array()) {
        for (const json& text : *found) {
            if (text.is_string()) {
                texts.push_back(text.get<std::string>());
            }
        }
    }
    return texts;
}

std::string text_in(const json& request, const char* key) {
    const auto found = request.find(key);
    return found != request.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool bool_in(const json& request, const char* key) {
    const auto found = request.find(key);
    return found != request.end() && found->is_boolean() && found->get<bool>();
}

std::int64_t number_in(const json& request, const char* key, std::int64_t otherwise) {
    const auto found = request.find(key);
    return found != request.end() && found->is_number_integer() ? found->get<std::int64_t>()
                                                                : otherwise;
}

Selection selection_in(const json& request) {
    return {texts_in(request, "pools"), text_in(request, "kind"), texts_in(request, "roles")};
}

base::MonoTime deadline_in(base::MonoTime now, const json& request) {
    const base::Duration wait = std::chrono::milliseconds(
        std::clamp<std::int64_t>(number_in(request, "wait_ms", 0), 0, kWaitMax / 1ms));
    return now + wait;
}

double seconds(base::Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

std::string_view state_text(const Pool& pool, const Slot& slot) {
    if (slot.state() == State::Backoff && slot.is_in_crash_loop()) {
        return "crash-loop";
    }
    return slot.state() == State::Stopped && pool.is_disabled() ? "disabled"
                                                                : name_of(slot.state());
}

// Who runs, by how often it was started.
std::map<ProcessId, std::uint64_t> running_in(const Fleet& fleet,
                                              const std::vector<std::string>& names) {
    std::map<ProcessId, std::uint64_t> running;
    for (const std::string& name : names) {
        for (const Slot& slot : fleet.pool(name)->slots()) {
            if (slot.is_wanted() && slot.is_alive()) {
                running.emplace(slot.id(), slot.starts());
            }
        }
    }
    return running;
}

}  // namespace

base::Expected<Names> Commands::named(const Selection& selection) const {
    for (const std::string& name : selection.pools) {
        if (parts_.fleet.pool(name) == nullptr) {
            return base::fail(base::Errc::UnknownName,
                              "the configuration has no pool \"" + name + '"');
        }
    }
    Names names;
    for (const auto& [name, pool] : parts_.fleet.pools()) {
        if (selection.has(pool.plan())) {
            names.push_back(name);
        }
    }
    if (names.empty()) {
        return base::fail(base::Errc::UnknownName, "the configuration has no such pool");
    }
    return names;
}

// Who guards processes must not end by what somebody says: nothing that the parser's library finds
// wrong with a line may leave here.
Reply Commands::handle(base::MonoTime now, const std::string& line) {
    try {
        const json request = json::parse(line, nullptr, false);
        return request.is_object() ? answer_to(now, request)
                                   : refusal(R"(a command is one line of JSON: {"verb": "ps"})");
    } catch (const json::exception& wrong) {
        return refusal(std::string("the command cannot be understood: ") + wrong.what());
    }
}

Reply Commands::answer_to(base::MonoTime now, const json& request) {
    const std::string verb = text_in(request, "verb");
    if (verb == "ps") {
        return at_once({{"rows", processes(now)}});
    }
    if (verb == "start") {
        return start(now, request);
    }
    if (verb == "stop") {
        return stop(now, request);
    }
    if (verb == "refresh") {
        return refresh(now, request);
    }
    if (verb == "reload") {
        const auto changed = parts_.reload();
        return changed ? at_once({{"changed", *changed}}) : refusal(changed.error());
    }
    if (verb == "look") {
        const auto looked = parts_.look_at_kill_switch();
        return looked ? at_once(json::object()) : refusal(looked.error());
    }
    return change(now, verb, request);
}

Reply Commands::change(base::MonoTime now, const std::string& verb, const json& request) {
    if (verb == "restart") {
        const Selection selection = selection_in(request);
        const auto names = named(selection);
        if (!names) {
            return refusal(names.error());
        }
        const auto done =
            parts_.fleet.restart(now, selection.is_all() ? Names() : *names, actions_);
        return done ? at_once({{"pools", *names}}) : refusal(done.error());
    }
    if (verb == "scale") {
        const std::string pool = text_in(request, "pool");
        const std::int64_t count = number_in(request, "count", -1);
        if (count < 0 || count > kProcessesMax) {
            return refusal(base::Error{base::Errc::BadOption,
                                       "count is 0 to " + std::to_string(kProcessesMax)});
        }
        const auto done = parts_.fleet.scale(pool, static_cast<std::uint32_t>(count), actions_);
        return done ? at_once({{"pool", pool}, {"count", count}}) : refusal(done.error());
    }
    return refusal("there is no command \"" + verb +
                   "\"; there are ps, start, stop, restart, refresh, scale, reload and look");
}

Reply Commands::start(base::MonoTime now, const json& request) {
    const auto names = named(selection_in(request));
    if (!names) {
        return refusal(names.error());
    }
    const auto before = std::make_shared<const std::map<ProcessId, std::uint64_t>>(
        running_in(parts_.fleet, *names));
    if (const auto done = parts_.fleet.start(*names); !done) {
        return refusal(done.error());
    }
    const base::MonoTime asked_at = now;
    return {[this, before, names = *names, asked_at](base::MonoTime then,
                                                     bool is_last) -> std::optional<std::string> {
                json rows = json::array();
                // Not before the policy has had its turn.
                bool is_settled = then > asked_at;
                for (const std::string& name : names) {
                    const Pool* pool = parts_.fleet.pool(name);
                    if (pool == nullptr) {
                        continue;
                    }
                    is_settled = is_settled && pool->is_settled(then);
                    for (const Slot& slot : pool->slots()) {
                        if (slot.id().number > pool->count()) {
                            continue;
                        }
                        json row = this->row(then, *pool, slot, {});
                        const auto was = before->find(slot.id());
                        row["was_running"] = was != before->end() && was->second == slot.starts() &&
                                             slot.state() == State::Running;
                        rows.push_back(std::move(row));
                    }
                }
                if (!is_settled && !is_last) {
                    return std::nullopt;
                }
                return text_of({{"ok", true}, {"settled", is_settled}, {"rows", rows}});
            },
            deadline_in(now, request)};
}

Reply Commands::stop(base::MonoTime now, const json& request) {
    const Selection selection = selection_in(request);
    const auto names = named(selection);
    if (!names) {
        return refusal(names.error());
    }
    json rows = json::array();
    for (const std::string& name : *names) {
        const Pool& pool = *parts_.fleet.pool(name);
        for (const Slot& slot : pool.slots()) {
            if (slot.id().number <= pool.count() || slot.is_alive()) {
                rows.push_back(row(now, pool, slot, {}));
                rows.back()["was_running"] = slot.is_alive();
                rows.back()["number"] = slot.id().number;
            }
        }
    }
    const bool is_the_end = selection.is_all() && bool_in(request, "shut_down");
    if (is_the_end) {
        parts_.fleet.shut_down();
    } else if (const auto done = parts_.fleet.stop(*names); !done) {
        return refusal(done.error());
    }
    return {[this, rows, names = *names](base::MonoTime,
                                         bool is_last) mutable -> std::optional<std::string> {
                const bool is_over = std::ranges::none_of(names, [this](const std::string& name) {
                    const Pool* pool = parts_.fleet.pool(name);
                    return pool != nullptr && pool->has_alive();
                });
                if (!is_over && !is_last) {
                    return std::nullopt;
                }
                for (json& row : rows) {
                    const Pool* pool = parts_.fleet.pool(text_in(row, "pool"));
                    const auto number = row["number"].get<std::size_t>();
                    if (pool != nullptr && number <= pool->slots().size()) {
                        const Slot& slot = pool->slots()[number - 1];
                        row["state"] = state_text(*pool, slot);
                        row["last_end"] = slot.last_end();
                    }
                }
                return text_of({{"ok", true}, {"settled", is_over}, {"rows", rows}});
            },
            deadline_in(now, request)};
}

Reply Commands::refresh(base::MonoTime now, const json& request) {
    const Selection selection = selection_in(request);
    const auto names = named(selection);
    if (!names) {
        return refusal(names.error());
    }
    const std::int64_t percent = number_in(request, "percent", 100);
    const auto done =
        parts_.fleet.refresh(selection.is_all() ? Names() : *names,
                             static_cast<std::uint32_t>(std::clamp<std::int64_t>(percent, 0, 101)),
                             actions_);
    if (!done) {
        return refusal(done.error());
    }
    return {[this, names = *names](base::MonoTime, bool is_last) -> std::optional<std::string> {
                json rows = json::array();
                bool is_over = true;
                for (const std::string& name : names) {
                    const Pool* pool = parts_.fleet.pool(name);
                    const std::string text = pool == nullptr ? "" : pool->refresh_text();
                    if (text.empty()) {
                        continue;
                    }
                    const bool is_halted = text.starts_with("halted");
                    is_over = is_over && (is_halted || text.starts_with("done"));
                    rows.push_back({{"pool", name}, {"refresh", text}, {"halted", is_halted}});
                }
                if (!is_over && !is_last) {
                    return std::nullopt;
                }
                return text_of({{"ok", true}, {"settled", is_over}, {"rows", rows}});
            },
            deadline_in(now, request)};
}

json Commands::processes(base::MonoTime now) const {
    json rows = json::array();
    const auto usage = parts_.processes.usage();
    auto jobs = parts_.jobs();
    for (const Kind kind : {Kind::Server, Kind::Worker}) {
        for (const auto& [name, pool] : parts_.fleet.pools()) {
            for (const Slot& slot : pool.slots()) {
                const bool is_shown = slot.id().number <= pool.count() || slot.is_alive();
                if (pool.plan().kind != kind || !is_shown) {
                    continue;
                }
                const auto used = usage.find(slot.id());
                rows.push_back(row(now, pool, slot, used == usage.end() ? Usage() : used->second));
                rows.back()["jobs"] = jobs[slot.id()];
            }
        }
    }
    return rows;
}

json Commands::row(base::MonoTime now,
                   const Pool& pool,
                   const Slot& slot,
                   const Usage& usage) const {
    json row = {{"pool", pool.plan().name},
                {"process", parts_.processes.name_of(slot.id())},
                {"kind", pool.plan().kind == Kind::Server ? "server" : "worker"},
                {"state", state_text(pool, slot)},
                {"restarts", slot.restarts()},
                {"crashes", slot.crashes()},
                {"crash_loop", slot.is_in_crash_loop()},
                {"last_end", slot.last_end()},
                {"refresh", pool.refresh_text()},
                {"status", parts_.processes.status_of(slot.id())}};
    if (slot.is_alive()) {
        row["pid"] = parts_.processes.pid_of(slot.id());
        row["uptime"] = seconds(now - slot.started_at());
        row["cpu"] = seconds(usage.cpu);
        row["memory"] = usage.resident_bytes;
        row["processes"] = usage.processes;
    } else if (slot.state() == State::Backoff) {
        row["starts_in"] = std::max(0.0, seconds(slot.until() - now));
    }
    return row;
}

}  // namespace steward::supervisor
