#include "gateway/http/loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "gateway/http/loop_inner.hpp"

namespace steward::gateway {

namespace asio = boost::asio;

namespace {

// A timer whose time has come may already be on its way when it is let go: the flag stops it.
struct Wish {
    asio::steady_timer timer;
    std::function<void()> work;
    bool is_taken_back = false;
};

class AsioTimer : public Loop::Timer {
public:
    explicit AsioTimer(std::shared_ptr<Wish> wish) : wish_(std::move(wish)) {}

    ~AsioTimer() override {
        wish_->is_taken_back = true;
        wish_->timer.cancel();
    }

private:
    std::shared_ptr<Wish> wish_;
};

void watch_on(asio::posix::stream_descriptor& descriptor,
              const std::shared_ptr<std::function<void()>>& work) {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [&descriptor, work](const boost::system::error_code& error) {
                              if (!error) {
                                  (*work)();
                                  watch_on(descriptor, work);
                              }
                          });
}

}  // namespace

Loop::Loop() : inner_(std::make_unique<Inner>()) {}

Loop::~Loop() {
    for (auto& descriptor : inner_->watched) {
        descriptor->release();
    }
}

void Loop::run() {
    inner_->context.run();
}

void Loop::stop() {
    inner_->context.stop();
}

void Loop::post(std::function<void()> work) {
    {
        const std::lock_guard lock(inner_->mutex);
        inner_->posted.push_back(std::move(work));
        if (std::exchange(inner_->is_waking, true)) {
            return;
        }
    }
    asio::post(inner_->context, [inner = inner_.get()] {
        {
            const std::lock_guard lock(inner->mutex);
            inner->taken.swap(inner->posted);
            inner->is_waking = false;
        }
        for (auto& next : inner->taken) {
            next();
        }
        inner->taken.clear();
    });
}

void Loop::later(std::function<void()> work) {
    inner_->late.push_back(std::move(work));
    if (inner_->late.size() > 1) {
        return;
    }
    asio::post(inner_->context, [inner = inner_.get()] {
        inner->late_taken.swap(inner->late);
        for (auto& next : inner->late_taken) {
            next();
        }
        inner->late_taken.clear();
    });
}

std::unique_ptr<Loop::Timer> Loop::after(base::Duration delay, std::function<void()> work) {
    auto wish =
        std::make_shared<Wish>(Wish{asio::steady_timer(inner_->context, delay), std::move(work)});
    wish->timer.async_wait([wish](const boost::system::error_code& error) {
        if (!error && !wish->is_taken_back) {
            wish->work();
        }
    });
    return std::make_unique<AsioTimer>(std::move(wish));
}

void Loop::watch(int fd, std::function<void()> work) {
    inner_->watched.push_back(
        std::make_unique<asio::posix::stream_descriptor>(inner_->context, fd));
    watch_on(*inner_->watched.back(), std::make_shared<std::function<void()>>(std::move(work)));
}

}  // namespace steward::gateway
