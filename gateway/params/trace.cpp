#include "gateway/params/trace.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"
#include "common/wire/msgpack_reader.hpp"
#include "common/wire/msgpack_writer.hpp"
#include "gateway/params/limits.hpp"

namespace steward::gateway {

namespace {

struct Entry {
    std::string_view name;
    std::string_view value;
};

bool is_hex(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view hex) {
    return hex.find_first_not_of('0') == std::string_view::npos;
}

bool is_plain(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

// The entries of a map of strings, and the trace's behind them. Nothing: it is no such map.
std::optional<std::vector<Entry>> entries_of(std::string_view meta) {
    std::vector<Entry> entries;
    if (meta.empty()) {
        return entries;
    }
    wire::MsgpackReader in(meta);
    const std::size_t count = in.map(model::kMetaEntriesMax);
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
        const std::string_view name = in.bytes(model::kMetaBytesMax);
        entries.push_back({name, in.bytes(model::kMetaBytesMax)});
    }
    return in.failed() || !in.rest().empty() ? std::nullopt : std::optional(std::move(entries));
}

void add_missing(std::vector<Entry>& entries, std::string_view name, std::string_view value) {
    if (!value.empty() && std::ranges::find(entries, name, &Entry::name) == entries.end()) {
        entries.push_back({name, value});
    }
}

}  // namespace

std::string request_id_of(std::string_view given, const std::array<unsigned char, 16>& random) {
    if (!given.empty() && given.size() <= kRequestIdBytesMax &&
        std::ranges::all_of(given, is_plain)) {
        return std::string(given);
    }
    return base::to_hex({reinterpret_cast<const char*>(random.data()), random.size()});
}

bool is_traceparent(std::string_view text) {
    constexpr std::size_t kBytes = 55;
    constexpr std::size_t kTraceAt = 3;
    constexpr std::size_t kParentAt = 36;
    constexpr std::size_t kFlagsAt = 53;
    if (text.size() < kBytes || (text.size() > kBytes && text[kBytes] != '-') ||
        text.size() > model::kNameBytesMax) {
        return false;
    }
    const std::string_view version = text.substr(0, 2);
    const std::string_view trace = text.substr(kTraceAt, 32);
    const std::string_view parent = text.substr(kParentAt, 16);
    return is_hex(version) && version != "ff" && (version != "00" || text.size() == kBytes) &&
           text[kTraceAt - 1] == '-' && text[kParentAt - 1] == '-' && text[kFlagsAt - 1] == '-' &&
           is_hex(trace) && !is_zero(trace) && is_hex(parent) && !is_zero(parent) &&
           is_hex(text.substr(kFlagsAt, 2));
}

base::Expected<base::Blob> with_trace(const base::Blob& meta, const Trace& trace) {
    auto entries = entries_of(meta.view());
    if (!entries) {
        return base::fail(base::Errc::BadOption, "option meta is a map of strings to strings");
    }
    add_missing(*entries, "request-id", trace.request_id);
    if (is_traceparent(trace.traceparent)) {
        add_missing(*entries, "traceparent", trace.traceparent);
    }
    add_missing(*entries, "content-type", trace.content_type);
    if (entries->empty()) {
        return base::Blob();
    }
    wire::MsgpackWriter out;
    out.map(entries->size());
    for (const Entry& entry : *entries) {
        out.text(entry.name);
        out.text(entry.value);
    }
    if (entries->size() > model::kMetaEntriesMax || out.size() > model::kMetaBytesMax) {
        return base::fail(base::Errc::BadOption,
                          "option meta has " + std::to_string(entries->size()) + " entries and " +
                              std::to_string(out.size()) +
                              " bytes with what the gateway adds (request-id, traceparent, "
                              "content-type); at most " +
                              std::to_string(model::kMetaEntriesMax) + " and " +
                              std::to_string(model::kMetaBytesMax) + " are allowed");
    }
    return base::Blob::copy(out.view());
}

}  // namespace steward::gateway
