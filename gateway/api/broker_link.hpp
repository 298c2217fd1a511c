// gateway/api: the broker as the gateway reaches it: the client library, served in the gateway's
// own loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "client/client.hpp"
#include "gateway/http/loop.hpp"

namespace steward::gateway {

template <class T>
using Done = std::function<void(base::Expected<T>)>;

/// Any number in flight; nothing blocks. What is asked for in one turn of the loop leaves at its
/// end, in one piece. Callbacks run on the loop, never within the call that asks, and none after
/// the end of this. Errors: those of client::Client; TooManyInFlight when queue_max requests wait
/// to be sent.
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

    BrokerLink(Loop& loop, client::Options options);
    ~BrokerLink();
    BrokerLink(const BrokerLink&) = delete;
    BrokerLink& operator=(const BrokerLink&) = delete;

    [[nodiscard]] const Counts& counts() const { return counts_; }

    /// As of client::Client: a broker that ends on this machine is not there at once.
    [[nodiscard]] bool is_connected() const { return is_connected_; }

    /// Called when is_connected() has changed.
    std::function<void()> on_link;

    void call(std::string_view service,
              model::Payload params,
              model::JobOptions options,
              base::Duration timeout,
              Parts parts,
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
                Parts parts,
                Done<client::Answer> done);
    /// The report; `next` of a page is a text.
    void ask(const client::Query& query, Done<nlohmann::json> done);
    void operate(std::string_view verb, const nlohmann::json& arguments, Done<nlohmann::json> done);

private:
    template <class T>
    std::function<void(base::Expected<T>)> counted(Done<T> done);
    template <class T>
    void end(const Done<T>& done, base::Expected<T> answer);
    template <class Ask>
    void ask_client(const Ask& ask);
    void serve();
    void serve_soon();
    void look_at_link();

    Loop& loop_;
    Counts counts_;
    std::unique_ptr<Loop::Timer> timer_;
    base::MonoTime wakes_at_ = base::MonoTime::max();  // the timer's
    bool is_asking_ = false;
    bool is_serving_ = false;
    bool is_due_ = false;
    bool is_over_ = false;
    bool is_connected_ = false;
    client::Client client_;  // the last: it ends what is open, of which nobody hears any more
};

}  // namespace steward::gateway
