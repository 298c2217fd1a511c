// tests/contract: a socket that plays the broker for a real process: it says what the test says and
// remembers what it was told. Has no rules of its own.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "common/net/poller.hpp"
#include "common/net/roles.hpp"
#include "common/posix/clock.hpp"
#include "common/wire/native.hpp"

namespace steward::contract {

using namespace std::chrono_literals;
namespace native = wire::native;

inline constexpr base::Duration kPatience = 30s;

/// One peer at a time: the last that spoke is the one that is spoken to.
class HandBroker {
public:
    HandBroker()
        : context_(std::move(*net::Context::open())),
          socket_(std::move(*net::make_router(context_, {}))),
          endpoint_(socket_.bind("tcp://127.0.0.1:*").value()),
          slot_(poller_.add(socket_)) {}

    [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

    void say(const std::vector<native::Command>& commands) {
        native::BatchWriter writer;
        for (const native::Command& command : commands) {
            writer.add(command);
        }
        REQUIRE(socket_.send_to(peer_, writer.take()) == net::SendStatus::Sent);
    }

    /// The next C for which `fits` holds; what comes before it is kept in `heard`, as it is itself.
    /// Nothing when none comes in time.
    template <class C, class Fits>
    std::optional<C> wait_for(const Fits& fits, base::Duration patience = kPatience) {
        const base::MonoTime end = posix::read_mono() + patience;
        while (true) {
            for (; looked_at_ < heard.size(); ++looked_at_) {
                if (const C* one = std::get_if<C>(&heard[looked_at_]);
                    one != nullptr && fits(*one)) {
                    ++looked_at_;
                    return *one;
                }
            }
            const base::MonoTime now = posix::read_mono();
            if (now >= end) {
                return std::nullopt;
            }
            listen(end - now);
        }
    }

    template <class C>
    std::optional<C> wait_for(base::Duration patience = kPatience) {
        return wait_for<C>([](const C&) { return true; }, patience);
    }

    std::vector<native::Command> heard;  // without heartbeats

private:
    void listen(base::Duration patience) {
        REQUIRE(poller_.wait(patience).has_value());
        net::Frames frames;
        while (socket_.receive_from(peer_, frames) == net::ReceiveStatus::Received) {
            REQUIRE(native::is_native(frames));
            native::BatchReader reader(frames);
            while (true) {
                auto command = reader.next();
                if (!command) {
                    FAIL(command.error().message);
                }
                if (!command->has_value()) {
                    break;
                }
                if (!std::holds_alternative<native::Heartbeat>(**command)) {
                    heard.push_back(std::move(**command));
                }
            }
        }
    }

    net::Context context_;
    net::Socket socket_;
    std::string endpoint_;
    net::Poller poller_;
    net::Poller::Slot slot_;
    std::string peer_;
    std::size_t looked_at_ = 0;
};

}  // namespace steward::contract
