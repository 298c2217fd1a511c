// gateway/http: the gateway's one thread of work: what is posted runs there, one after the other.
#pragma once

#include <functional>
#include <memory>

#include "common/base/time.hpp"

namespace steward::gateway {

/// Thread: post() and stop() from any; everything posted runs in run()'s.
class Loop {
public:
    struct Inner;

    /// A wish to be called once. Letting it go takes the wish back.
    class Timer {
    public:
        Timer() = default;
        Timer(const Timer&) = delete;
        Timer& operator=(const Timer&) = delete;
        virtual ~Timer() = default;
    };

    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Until stop().
    void run();
    void stop();
    /// What is posted while the loop is busy costs one wake-up together.
    void post(std::function<void()> work);
    /// Runs `work` when what has come in by now has been seen to; all that is asked for until then
    /// runs together. Thread: the loop's.
    void later(std::function<void()> work);
    /// Thread: the loop's.
    [[nodiscard]] std::unique_ptr<Timer> after(base::Duration delay, std::function<void()> work);
    /// Calls `work` whenever `fd` becomes readable, for as long as the loop runs. `fd` stays the
    /// caller's and must outlive the loop.
    void watch(int fd, std::function<void()> work);

    [[nodiscard]] Inner& inner() { return *inner_; }

private:
    std::unique_ptr<Inner> inner_;
};

}  // namespace steward::gateway
