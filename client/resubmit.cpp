#include "client/resubmit.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "client/brokers.hpp"
#include "common/net/connection.hpp"
#include "common/net/context.hpp"
#include "common/net/poller.hpp"
#include "common/posix/clock.hpp"

namespace steward::client {

namespace {

constexpr base::Duration kReconnectPause = 200ms;

/// One connection at a time to one broker of the list after the other.
class Wire {
public:
    Wire(net::Context context,
         std::vector<std::string> endpoints,
         std::optional<net::CurveKeys> curve,
         Resubmission& jobs)
        : context_(std::move(context)),
          endpoints_(std::move(endpoints)),
          curve_(std::move(curve)),
          jobs_(jobs) {}

    Expected<void> run(const Options& options, base::Duration patience) {
        base::MonoTime now = posix::read_mono();
        const base::MonoTime reachable_until = now + options.connect_timeout;
        base::MonoTime moved_at = now;
        while (!jobs_.is_done()) {
            if (connection_ == nullptr && now >= connect_at_) {
                if (auto made = connect(); !made) {
                    return made;
                }
            }
            if (auto waited = wait(now); !waited) {
                return waited;
            }
            now = posix::read_mono();
            follow(now);
            receive(now);
            const base::Duration silence =
                options.heartbeat_interval * std::max(options.heartbeat_tries, 1U);
            if (is_linked_ && now >= jobs_.heard_at() + silence) {
                drop(now);
            }
            send(now);
            moved_at = std::max(moved_at, is_linked_ ? jobs_.moved_at() : moved_at);
            if (!was_linked_ && now >= reachable_until) {
                return refusal_.empty() ? base::fail(Errc::Disconnected,
                                                     "no broker answers at " + endpoints_.front())
                                        : base::fail(Errc::KeyRefused, refusal_);
            }
            if (now >= moved_at + patience) {
                return {};
            }
        }
        return {};
    }

private:
    Expected<void> connect() {
        net::SocketOptions socket;
        socket.linger = 0s;
        socket.reconnect = std::nullopt;
        socket.curve = curve_;
        auto connection = net::connect(context_, endpoints_[broker_], socket);
        if (!connection) {
            return base::Unexpected(std::move(connection.error()));
        }
        connection_ = std::move(*connection);
        return {};
    }

    void drop(base::MonoTime now) {
        jobs_.disconnected();
        connection_.reset();
        unsent_.reset();
        is_linked_ = false;
        broker_ = (broker_ + 1) % endpoints_.size();
        connect_at_ = now + kReconnectPause;
    }

    Expected<void> wait(base::MonoTime now) {
        base::MonoTime until = now + kReconnectPause;
        if (const auto due = jobs_.next_deadline()) {
            until = std::min(until, *due);
        }
        net::Poller poller;
        if (connection_ != nullptr) {
            connection_->add_to(poller);
            connection_->watch(poller, unsent_.has_value());
        }
        return poller.wait_until(until, now).map([](std::size_t) {});
    }

    void follow(base::MonoTime now) {
        while (connection_ != nullptr) {
            const auto event = connection_->next_link();
            if (!event) {
                return;
            }
            if (*event == net::LinkEvent::Connected) {
                is_linked_ = was_linked_ = true;
                jobs_.connected(now);
            } else {
                refusal_ = connection_->refusal();
                drop(now);
            }
        }
    }

    void receive(base::MonoTime now) {
        wire::Frames frames;
        while (connection_ != nullptr) {
            const auto status = connection_->receive(frames);
            if (status == net::ReceiveStatus::Nothing || status == net::ReceiveStatus::Closed) {
                return;
            }
            if (status == net::ReceiveStatus::TooLarge || !jobs_.on_frames(now, frames)) {
                drop(now);
            }
        }
    }

    void send(base::MonoTime now) {
        while (is_linked_) {
            if (!unsent_) {
                unsent_ = jobs_.take_batch(now);
            }
            if (!unsent_ || connection_->send(*unsent_) != net::SendStatus::Sent) {
                return;
            }
            unsent_.reset();
        }
    }

    net::Context context_;
    std::vector<std::string> endpoints_;
    std::optional<net::CurveKeys> curve_;
    std::string refusal_;
    Resubmission& jobs_;
    std::unique_ptr<net::Connection> connection_;
    std::optional<wire::Frames> unsent_;
    std::size_t broker_ = 0;
    bool is_linked_ = false;
    bool was_linked_ = false;
    base::MonoTime connect_at_;
};

}  // namespace

Expected<std::vector<Expected<Submitted>>> resubmit(const Options& options,
                                                    std::vector<Resubmit> jobs,
                                                    base::Duration patience) {
    std::vector<std::string> endpoints;
    for (const std::string& broker : options.brokers) {
        auto endpoint = broker_endpoint(broker);
        if (!endpoint) {
            return base::Unexpected(std::move(endpoint.error()));
        }
        endpoints.push_back(std::move(*endpoint));
    }
    if (endpoints.empty()) {
        return base::fail(Errc::Malformed, "the list of brokers is empty");
    }
    auto curve = keys::client_keys(options.keys);
    if (!curve) {
        return base::Unexpected(std::move(curve.error()));
    }
    auto context = net::Context::open();
    if (!context) {
        return base::Unexpected(std::move(context.error()));
    }
    Resubmission resubmission(std::move(jobs));
    Wire wire(std::move(*context), std::move(endpoints), std::move(*curve), resubmission);
    if (auto done = wire.run(options, patience); !done) {
        return base::Unexpected(std::move(done.error()));
    }
    return resubmission.take_results();
}

}  // namespace steward::client
