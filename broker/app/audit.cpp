#include "broker/app/audit.hpp"

#include <utility>

#include "common/wire/json_text.hpp"
#include "common/wire/options.hpp"

namespace steward::app {
namespace {

constexpr std::string_view kOthers = R"("act":"others","outcome":"not told one by one")";

void put(std::string& out, std::string_view name, std::string_view value) {
    out += out.empty() ? "\"" : ",\"";
    out += name;
    out += "\":";
    wire::append_json_string(out, value);
}

std::string text_of(const Act& act) {
    std::string text;
    put(text, "key", act.key);
    put(text, "act", act.act);
    if (!act.what.empty()) {
        put(text, "what", act.what);
    }
    if (!act.object.empty()) {
        put(text, "object", act.object);
    }
    put(text,
        "outcome",
        !act.missing.empty()  ? "refused"
        : !act.failed.empty() ? "failed"
                              : "allowed");
    if (!act.missing.empty()) {
        put(text, "missing", act.missing);
    } else if (!act.failed.empty()) {
        put(text, "error", act.failed);
    }
    return text;
}

}  // namespace

void AuditLines::note(const base::Now& now, const Act& act) {
    refused_ += act.missing.empty() ? 0U : 1U;
    std::string text = text_of(act);
    auto known = seen_.find(text);
    if (known == seen_.end() && seen_.size() >= kKindsMax) {
        text = kOthers;
        known = seen_.find(text);
    }
    if (known != seen_.end()) {
        ++known->second;
        return;
    }
    if (seen_.empty()) {
        window_ends_ = now.mono + kWindow;
    }
    write(now.wall, text, 1);
    seen_.emplace(std::move(text), 0);
}

std::string AuditLines::take(const base::Now& now) {
    if (!seen_.empty() && now.mono >= window_ends_) {
        for (const auto& [text, times] : std::exchange(seen_, {})) {
            if (times > 0) {
                write(now.wall, text, times);
            }
        }
    }
    return std::exchange(lines_, {});
}

std::optional<base::MonoTime> AuditLines::next_deadline() const {
    return seen_.empty() ? std::nullopt : std::optional(window_ends_);
}

void AuditLines::write(base::WallTime at, std::string_view text, std::uint64_t times) {
    lines_ += "{\"time\":";
    wire::append_json_string(lines_, wire::instant_text(at));
    lines_ += ",\"times\":";
    wire::append_json_integer(lines_, times);
    lines_ += ',';
    lines_ += text;
    lines_ += "}\n";
}

}  // namespace steward::app
