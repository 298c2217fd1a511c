// gateway/api: the broker's news, read by a thread of its own and brought to the loop in batches.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client/news.hpp"
#include "common/posix/wake_fd.hpp"
#include "gateway/http/loop.hpp"

namespace steward::gateway {

/// Hears only what somebody wants: topics come and go.
///
/// Thread: the loop's.
class NewsReader {
public:
    using Take = std::function<void(std::vector<client::RawEvent>)>;

    /// `take` runs on the loop, and so does `on_gap` when a connection stands (again): what
    /// happened before was not heard. Errors: Malformed for an endpoint; BadConfig for the keys,
    /// which are as of client::Options; Io.
    [[nodiscard]] static base::Expected<std::unique_ptr<NewsReader>> start(
        Loop& loop,
        const std::vector<std::string>& endpoints,
        const keys::KeyFiles& keys,
        Take take,
        std::function<void()> on_gap);
    ~NewsReader();
    NewsReader(const NewsReader&) = delete;
    NewsReader& operator=(const NewsReader&) = delete;

    /// One user more, or less, of a topic ("SERVICE.", "" for everything). `told` runs on the loop
    /// when the broker is being told.
    void add(std::string topic, std::function<void()> told = {});
    void remove(std::string topic);

private:
    struct Change {
        std::string topic;
        bool is_added = false;
        std::function<void()> told = {};
    };

    NewsReader(Loop& loop, client::News news, posix::WakeFd wake, Take take);

    void run();
    void tell(Change change);
    void apply_changes();
    void look_at_connections(bool is_all_taken);

    static constexpr std::size_t kEventsAtOnce = 1'000;

    Loop& loop_;
    client::News news_;
    posix::WakeFd wake_;
    Take take_;
    std::function<void()> on_gap_;
    std::uint64_t connections_ = 0;  // the reading thread's
    std::mutex mutex_;
    std::vector<Change> changes_;  // under the mutex
    std::atomic<bool> is_ending_ = false;
    std::thread thread_;
};

}  // namespace steward::gateway
