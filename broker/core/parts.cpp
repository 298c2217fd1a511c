#include "broker/core/parts.hpp"

#include <utility>

namespace steward::core {

bool Parts::has_room(std::size_t bytes, const model::Limits& limits) const {
    return kept_.size() < limits.parts_per_job_max &&
           bytes_ + bytes <= limits.parts_bytes_per_job_max &&
           all_.bytes + bytes <= limits.parts_bytes_max;
}

void Parts::keep(Part&& part, const model::Limits& limits) {
    const std::size_t bytes = part.bytes();
    while (!kept_.empty() && !has_room(bytes, limits)) {
        const std::size_t freed = kept_.front().bytes();
        kept_.pop_front();
        bytes_ -= freed;
        all_.bytes -= freed;
    }
    if (has_room(bytes, limits)) {
        kept_.emplace_back(std::move(part));
        bytes_ += bytes;
        all_.bytes += bytes;
    }
}

}  // namespace steward::core
