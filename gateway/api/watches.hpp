// gateway/api: reports that somebody looks at again and again: the broker is asked once for all.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "gateway/api/broker_link.hpp"
#include "gateway/http/loop.hpp"

namespace steward::gateway {

/// Bound: kWatchersMax.  Thread: the loop's.
class Watches {
public:
    using Sink = std::function<void(const base::Expected<nlohmann::json>&)>;

    static constexpr std::size_t kWatchersMax = 10'000;
    static constexpr base::Duration kShortest = std::chrono::milliseconds(250);

    Watches(Loop& loop, BrokerLink& broker) : loop_(loop), broker_(broker) {}

    /// `what`: services, workers or broker. The first report comes at once.
    /// Errors: BadParams for another; TooManyWaiters.
    [[nodiscard]] base::Expected<std::uint64_t> add(const std::string& what,
                                                    base::Duration every,
                                                    Sink sink);
    void remove(std::uint64_t watcher);
    /// The connection with the broker stands, or stands no more: everybody is told at once.
    void on_link();

private:
    struct Watcher {
        std::string what;
        base::Duration every{};
        base::MonoTime due{};
        Sink sink;
    };

    void look();
    void look_later();
    void tell(const std::string& what, const base::Expected<nlohmann::json>& report);

    Loop& loop_;
    BrokerLink& broker_;
    std::map<std::uint64_t, Watcher> watchers_;
    std::map<std::string, bool> asked_;  // which questions are on their way
    std::uint64_t next_ = 1;
    std::unique_ptr<Loop::Timer> timer_;
};

}  // namespace steward::gateway
