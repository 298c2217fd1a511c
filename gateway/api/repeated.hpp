// gateway/api: requests that may come twice (Idempotency-Key): the second is answered as the first
// was. Pure: time is passed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/model/ids.hpp"

namespace steward::gateway {

/// Which job each key has made. A key is known while its request is on its way and for `kept`
/// afterwards; a request that made no job leaves nothing. What a restart of the gateway forgets,
/// the broker still knows while the job lives: the key is its unique key too.
///
/// Bound: keys_max; the oldest one goes.
class RepeatedRequests {
public:
    static constexpr std::size_t kKeyBytesMax = 200;

    explicit RepeatedRequests(std::size_t keys_max = 100'000,
                              base::Duration kept = std::chrono::hours(24))
        : keys_max_(keys_max), kept_(kept) {}

    struct Seen {
        bool is_new = false;              // now it is on its way
        std::optional<model::JobId> job;  // not new: what it made; nothing while it is on its way
    };

    /// `content` stands for all else that was asked.
    /// Errors: Duplicate: the key is of another request; BadOption: it is too long or no printable
    /// ASCII.
    [[nodiscard]] base::Expected<Seen> look_at(std::string_view key,
                                               std::uint64_t content,
                                               base::MonoTime now);
    void made(std::string_view key, const model::JobId& job);
    void failed(std::string_view key);

    [[nodiscard]] std::size_t size() const { return keys_.size(); }

private:
    struct Entry {
        std::string key;
        std::uint64_t content = 0;
        std::optional<model::JobId> job;
        base::MonoTime since{};
    };

    using Entries = std::list<Entry>;

    void forget(Entries::iterator entry);
    Entries::iterator find(std::string_view key);

    std::size_t keys_max_;
    base::Duration kept_;
    Entries entries_;  // the oldest first
    std::unordered_map<std::string_view, Entries::iterator> keys_;
};

}  // namespace steward::gateway
