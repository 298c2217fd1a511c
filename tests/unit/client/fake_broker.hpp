// tests: something that speaks the broker's side of the native protocol on a loopback port, with no
// queue, worker or memory: what it answers is decided by the service's name.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "common/net/context.hpp"
#include "common/net/poller.hpp"
#include "common/net/roles.hpp"
#include "common/posix/wake_fd.hpp"
#include "common/wire/native.hpp"

namespace steward::client::test {

/// Async submissions are accepted. Calls, by service:
///   echo     the params as result              fail    a failure with the text "no luck"
///   stream   three parts, one progress, then the result     hang    accepted, never answered
/// Any service called "refuse" is refused with QueueFull, "mute" is not answered at all.
/// Queries are reported with what was asked; status of a job whose number is 0 with UnknownJob.
class FakeBroker {
public:
    FakeBroker();

    ~FakeBroker() { stop(); }

    FakeBroker(const FakeBroker&) = delete;
    FakeBroker& operator=(const FakeBroker&) = delete;

    /// Closes its port and forgets everything. Twice is allowed.
    void stop();

    [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

    [[nodiscard]] std::uint64_t submissions() const { return submissions_.load(); }

    [[nodiscard]] std::uint64_t messages() const { return messages_.load(); }

private:
    void run();
    void answer(const std::string& peer, const wire::Frames& frames);
    void answer(wire::native::Submit& submit, wire::native::BatchWriter& out);
    void answer(const wire::native::Query& query, wire::native::BatchWriter& out);

    net::Context context_;
    net::Socket router_;
    posix::WakeFd wake_;
    std::string endpoint_;
    std::uint64_t jobs_ = 0;
    std::atomic<std::uint64_t> submissions_ = 0;
    std::atomic<std::uint64_t> messages_ = 0;
    std::atomic<bool> is_stopping_ = false;
    std::thread thread_;
};

}  // namespace steward::client::test
