// client: the broker's news: each change of a job, service or batch as it happens.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"

namespace steward::client {

/// Reads the news of one broker or of several. Who reads too slowly misses events, and so does who
/// comes late: the lifecycle log has them all. It connects again by itself.
///
/// Thread: one at a time.  Bound: 10,000 events not read yet.
class News {
public:
    /// `endpoints`: of the news sockets ("tcp://host:5557"). `topics`: prefixes of "SERVICE.EVENT",
    /// none for everything. Errors: Malformed for an endpoint; Io.
    [[nodiscard]] static base::Expected<News> open(const std::vector<std::string>& endpoints,
                                                   const std::vector<std::string>& topics = {});
    ~News();
    News(News&&) noexcept;
    News& operator=(News&&) = delete;

    /// The next event (docs/events.md); what is no event is left out. Nothing: the time is over, or
    /// the descriptor `also` is readable. Errors: Io.
    [[nodiscard]] base::Expected<std::optional<nlohmann::json>> next(base::Duration timeout,
                                                                     int also = -1);

    /// Whether a connection stands. One alone says nothing of the others.
    [[nodiscard]] bool is_connected() const;

private:
    struct Inner;

    explicit News(std::unique_ptr<Inner> inner);

    std::unique_ptr<Inner> inner_;
};

}  // namespace steward::client
