// gateway/http: until when a peer has time. Private to this folder.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "common/base/time.hpp"
#include "common/posix/clock.hpp"
#include "gateway/http/beast.hpp"

namespace steward::gateway {

/// Moved with each request and hardly ever reached. So moving it further away costs no more than a
/// number: the timer finds out when its time has come, and is set again for the rest.
///
/// Thread: the loop's.
class Deadline {
public:
    template <class Executor>
    Deadline(const Executor& executor, std::function<void()> on_past)
        : wait_(std::make_shared<Wait>(Wait{asio::steady_timer(executor), std::move(on_past)})) {}

    ~Deadline() {
        wait_->on_past = nullptr;
        wait_->timer.cancel();
    }

    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    void set(base::Duration from_now) {
        wait_->due = posix::read_mono() + from_now;
        if (wait_->due < wait_->wakes_at) {
            sleep(wait_);
        }
    }

    void clear() { wait_->due = base::MonoTime::max(); }

private:
    struct Wait {
        asio::steady_timer timer;
        std::function<void()> on_past;  // null: nobody is there any more
        base::MonoTime due = base::MonoTime::max();
        base::MonoTime wakes_at = base::MonoTime::max();
    };

    static void sleep(const std::shared_ptr<Wait>& wait) {
        wait->wakes_at = wait->due;
        wait->timer.expires_after(wait->due - posix::read_mono());
        wait->timer.async_wait([wait](const error_code& error) {
            if (!error && wait->on_past != nullptr) {
                look(wait);
            }
        });
    }

    static void look(const std::shared_ptr<Wait>& wait) {
        wait->wakes_at = base::MonoTime::max();
        if (wait->due == base::MonoTime::max()) {
            return;
        }
        if (posix::read_mono() >= wait->due) {
            wait->due = base::MonoTime::max();
            wait->on_past();
        } else {
            sleep(wait);
        }
    }

    std::shared_ptr<Wait> wait_;
};

}  // namespace steward::gateway
