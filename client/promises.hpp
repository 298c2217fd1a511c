// client: a future and the callback that fulfils it. Inside the library.
#pragma once

#include <future>
#include <memory>
#include <utility>

#include "common/base/expected.hpp"

namespace steward::client {

template <class T>
[[nodiscard]] auto promise_and_done() {
    auto promise = std::make_shared<std::promise<base::Expected<T>>>();
    auto future = promise->get_future();
    return std::pair(std::move(future),
                     [promise](base::Expected<T> end) { promise->set_value(std::move(end)); });
}

}  // namespace steward::client
