// gateway/http: what the loop is made of. Private to this folder.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <mutex>
#include <vector>

#include "gateway/http/loop.hpp"
#include "gateway/http/readiness.hpp"

namespace steward::gateway {

struct Loop::Inner {
    Inner()
        : context(1),
          alive(context.get_executor()),
          readiness(std::make_shared<Readiness>(context)) {
        readiness->start();
    }

    ~Inner() { readiness->clear(); }

    Inner(const Inner&) = delete;
    Inner& operator=(const Inner&) = delete;

    boost::asio::io_context context;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> alive;
    std::shared_ptr<Readiness> readiness;
    std::vector<std::unique_ptr<boost::asio::posix::stream_descriptor>> watched;

    // The loop's own.
    std::vector<std::function<void()>> late;
    std::vector<std::function<void()>> late_taken;  // reused

    std::mutex mutex;
    std::vector<std::function<void()>> posted;  // under the mutex
    std::vector<std::function<void()>> taken;   // the loop's, reused
    bool is_waking = false;                     // under the mutex: it will look at `posted`
};

}  // namespace steward::gateway
