#include "broker/core/parts.hpp"

#include <utility>

namespace steward::core {

bool Parts::make_room(std::size_t bytes, const model::Limits& limits) {
    while (!kept_.empty() && (kept_.size() >= limits.parts_per_job_max ||
                              bytes_ + bytes > limits.parts_bytes_per_job_max)) {
        drop_oldest();
    }
    return limits.parts_per_job_max > 0 && bytes <= limits.parts_bytes_per_job_max;
}

void Parts::keep(Part&& part, const model::Limits& limits) {
    const std::size_t bytes = part.bytes();
    while (!kept_.empty() && all_.bytes + bytes > limits.parts_bytes_max) {
        drop_oldest();
    }
    if (all_.bytes + bytes <= limits.parts_bytes_max) {
        kept_.emplace_back(std::move(part));
        bytes_ += bytes;
        all_.bytes += bytes;
    }
}

void Parts::drop_oldest() {
    const std::size_t freed = kept_.front().bytes();
    kept_.pop_front();
    bytes_ -= freed;
    all_.bytes -= freed;
}

}  // namespace steward::core
