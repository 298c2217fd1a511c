#include "client/resubmit.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "client/brokers.hpp"
#include "client/turn.hpp"
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
         const Options& options,
         Resubmission& jobs)
        : context_(std::move(context)),
          endpoints_(std::move(endpoints)),
          curve_(std::move(curve)),
          connect_timeout_(options.connect_timeout),
          silence_max_(options.heartbeat_interval * std::max(options.heartbeat_tries, 1U)),
          turn_(turn_of({endpoints_.size(), connect_timeout_, silence_max_}, kReconnectPause)),
          jobs_(jobs) {}

    Expected<void> run(base::Duration patience) {
        base::MonoTime now = posix::read_mono();
        const base::MonoTime reachable_until = now + connect_timeout_;
        base::MonoTime moved_at = now;
        while (!jobs_.is_done()) {
            if (connection_ == nullptr && now >= connect_at_) {
                connect(now);
            }
            if (auto waited = wait(now); !waited) {
                return waited;
            }
            now = posix::read_mono();
            follow(now);
            receive(now);
            drop_if_silent(now);
            send(now);
            moved_at = std::max(moved_at, is_linked_ ? jobs_.moved_at() : moved_at);
            was_heard_ = was_heard_ || jobs_.is_heard();
            if (!was_heard_ && now >= reachable_until) {
                return base::Unexpected(no_broker(endpoints_, refusal_, trouble_));
            }
            if (now >= moved_at + patience) {
                return {};
            }
        }
        return {};
    }

private:
    void connect(base::MonoTime now) {
        net::SocketOptions socket;
        socket.linger = 0s;
        socket.reconnect = std::nullopt;
        socket.curve = curve_;
        auto connection = net::connect(context_, endpoints_[broker_], socket);
        if (!connection) {
            drop(now, std::move(connection.error().message));
            return;
        }
        connection_ = std::move(*connection);
        answer_until_ = now + turn_.answer_max;
    }

    void drop_if_silent(base::MonoTime now) {
        const base::MonoTime until =
            jobs_.is_heard() ? jobs_.heard_at() + silence_max_ : answer_until_;
        if (connection_ != nullptr && now >= until) {
            drop(now, is_linked_ ? "the broker was silent" : "no connection could be made");
        }
    }

    void drop(base::MonoTime now, std::string why) {
        trouble_ = std::move(why);
        jobs_.disconnected();
        connection_.reset();
        unsent_.reset();
        is_linked_ = false;
        broker_ = (broker_ + 1) % endpoints_.size();
        connect_at_ = now + turn_.pause_max;
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
                is_linked_ = true;
                jobs_.connected(now);
            } else {
                refusal_ = connection_->refusal();
                drop(now, is_linked_ ? "the connection was lost" : "no connection could be made");
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
                drop(now, "the broker closed the connection or sent what is no message");
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
    base::Duration connect_timeout_;
    base::Duration silence_max_;
    Turn turn_;
    std::string refusal_;
    std::string trouble_;  // why the last connection was given up
    Resubmission& jobs_;
    std::unique_ptr<net::Connection> connection_;
    std::optional<wire::Frames> unsent_;
    std::size_t broker_ = 0;
    bool is_linked_ = false;
    bool was_heard_ = false;  // any broker, ever
    base::MonoTime connect_at_;
    base::MonoTime answer_until_;
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
    Wire wire(std::move(*context), std::move(endpoints), std::move(*curve), options, resubmission);
    if (auto done = wire.run(patience); !done) {
        return base::Unexpected(std::move(done.error()));
    }
    return resubmission.take_results();
}

}  // namespace steward::client
