// client: the ways to wait for the end of an order: blocked, for many at once, or with a callback.
// Inside the library.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "client/order.hpp"

namespace steward::client {

/// One order, whose giver blocks in wait(). Lives on the giver's stack: it must wait.
class BlockedReceiver final : public Receiver {
public:
    using OnPartial = std::function<void(const Answer&)>;
    using OnProgress = std::function<void(const Progress&)>;

    /// Parts that were not taken yet, by number and by bytes.
    static constexpr std::size_t kUnreadMax = 65'536;
    static constexpr std::size_t kUnreadBytesMax = 256UL << 20U;

    [[nodiscard]] bool needs_io_thread() const override { return false; }

    bool on_partial(Answer&& part) override;
    void on_progress(Progress&& progress) override;
    void on_end(std::size_t index, End&& end) override;

    // ---- the giver ----
    /// Calls the callbacks with what has come; the end, when there is one.
    [[nodiscard]] std::optional<End> take_news(const OnPartial& on_part, const OnProgress& on_step);
    [[nodiscard]] bool has_news();
    [[nodiscard]] bool has_ended();
    /// Blocks: until there are news, or somebody calls rouse().
    void sleep();

    /// Thread: any that knows that the giver sleeps or is about to.
    void rouse();

private:
    [[nodiscard]] bool has_news_locked() const { return end_.has_value() || !unread_.empty(); }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::variant<Answer, Progress>> unread_;
    std::size_t unread_bytes_ = 0;
    std::optional<End> end_;
    bool is_roused_ = false;
};

/// Many submissions, whose giver blocks in wait(). Lives on the giver's stack: it must wait.
class ManyReceiver final : public Receiver {
public:
    explicit ManyReceiver(std::size_t count);

    bool on_partial(Answer&&) override { return true; }

    void on_progress(Progress&&) override {}

    void on_end(std::size_t index, End&& end) override;
    void on_taken(std::size_t index, const Taken& taken) override;

    /// Ends one order that never was queued. Thread: the giver's.
    void set(std::size_t index, base::Error error);
    [[nodiscard]] std::vector<base::Expected<model::JobId>> wait();

private:
    void one_less();

    std::mutex mutex_;
    std::condition_variable done_;
    std::atomic<std::size_t> open_;
    bool is_done_ = false;
    std::vector<base::Expected<model::JobId>> ids_;
};

/// One order with a callback at its end. Owns itself: gone after on_end().
class CallbackReceiver final : public Receiver {
public:
    std::function<void(const Answer&)> partial = {};
    std::function<void(const Progress&)> progress = {};
    std::function<void(End&&)> done = {};

    bool on_partial(Answer&& part) override;
    void on_progress(Progress&& step) override;
    void on_end(std::size_t index, End&& end) override;
};

}  // namespace steward::client
