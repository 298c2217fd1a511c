#include "gateway/api/repeated.hpp"

#include <algorithm>

namespace steward::gateway {

using base::Errc;

base::Expected<RepeatedRequests::Seen> RepeatedRequests::look_at(std::string_view key,
                                                                 std::uint64_t content,
                                                                 base::MonoTime now) {
    const bool is_printable = std::all_of(
        key.begin(), key.end(), [](char letter) { return letter > ' ' && letter <= '~'; });
    if (key.size() > kKeyBytesMax || !is_printable) {
        return base::fail(Errc::BadOption,
                          "an Idempotency-Key is 1 to " + std::to_string(kKeyBytesMax) +
                              " printable characters without spaces");
    }
    while (!entries_.empty() && entries_.front().since + kept_ <= now) {
        forget(entries_.begin());
    }
    if (const auto found = find(key); found != entries_.end()) {
        if (found->content != content) {
            return base::fail(Errc::Duplicate,
                              "this Idempotency-Key was used for another request before");
        }
        return Seen{false, found->job};
    }
    if (entries_.size() >= keys_max_) {
        forget(entries_.begin());
    }
    entries_.push_back({std::string(key), content, std::nullopt, now});
    keys_.emplace(entries_.back().key, std::prev(entries_.end()));
    return Seen{true, std::nullopt};
}

void RepeatedRequests::made(std::string_view key, const model::JobId& job) {
    if (const auto found = find(key); found != entries_.end()) {
        found->job = job;
    }
}

void RepeatedRequests::failed(std::string_view key) {
    if (const auto found = find(key); found != entries_.end()) {
        forget(found);
    }
}

void RepeatedRequests::forget(Entries::iterator entry) {
    keys_.erase(entry->key);
    entries_.erase(entry);
}

RepeatedRequests::Entries::iterator RepeatedRequests::find(std::string_view key) {
    const auto found = keys_.find(key);
    return found == keys_.end() ? entries_.end() : found->second;
}

}  // namespace steward::gateway
