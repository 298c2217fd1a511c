// gateway/api: the broker as the gateway reaches it: the client library, its answers brought to the
// gateway's own thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "client/client.hpp"
#include "gateway/http/loop.hpp"

namespace steward::gateway {

template <class T>
using Done = std::function<void(base::Expected<T>)>;

/// Any number in flight; nothing blocks. Callbacks run on the loop, none after the loop's end.
/// Errors: those of client::Client; TooManyInFlight when queue_max requests wait to be sent.
///
/// Thread: the loop's.
class BrokerLink {
public:
    struct Parts {
        std::function<void(const client::Answer&)> on_partial = {};
        std::function<void(const client::Progress&)> on_progress = {};
    };

    struct Counts {
        std::uint64_t open = 0;      // requests that wait for their answer now
        std::uint64_t timeouts = 0;  // that had none in time
    };

    BrokerLink(Loop& loop, client::Options options) : loop_(loop), client_(std::move(options)) {}

    [[nodiscard]] const Counts& counts() const { return counts_; }

    void call(std::string_view service,
              model::Payload params,
              model::JobOptions options,
              base::Duration timeout,
              const Parts& parts,
              Done<client::Answer> done);
    void submit(base::Duration wait,
                std::string_view service,
                model::Payload params,
                const model::JobOptions& options,
                Done<client::Submitted> done);
    /// The result of a job, if its end comes within `wait` (0: if it is there): else nothing.
    void wait(const model::JobId& job,
              base::Duration wait,
              Done<std::optional<client::Answer>> done);
    /// The end of a job, its parts and progress before it. Timeout: it still goes on.
    void follow(const model::JobId& job,
                base::Duration timeout,
                const Parts& parts,
                Done<client::Answer> done);
    void ask(const client::Query& query, Done<nlohmann::json> done);
    void operate(std::string_view verb, const nlohmann::json& arguments, Done<nlohmann::json> done);

private:
    template <class T>
    std::function<void(base::Expected<T>)> on_loop(Done<T> done);
    /// The same of something that may come often.
    template <class T>
    std::function<void(const T&)> each_on_loop(const std::function<void(const T&)>& tell);

    Loop& loop_;
    Counts counts_;
    client::Client client_;  // the last: it ends what is open, which is counted
};

}  // namespace steward::gateway
