// broker/core: the crews that serve a queue. Knows no policy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "broker/core/handles.hpp"

namespace steward::core {

/// A crew that serves a queue, and which of the crew's queues that is.
struct ServingCrew {
    CrewHandle crew;
    std::uint32_t index = 0;
};

/// In the order in which they came. The only one, as nearly always, stands in the object itself: it
/// is looked at for every job.
class ServingCrews {
public:
    [[nodiscard]] const ServingCrew* begin() const { return all_ ? all_->data() : &only_; }

    [[nodiscard]] const ServingCrew* end() const { return begin() + size(); }

    [[nodiscard]] std::size_t size() const {
        return all_ ? all_->size() : only_.crew.names_something() ? 1 : 0;
    }

    [[nodiscard]] bool empty() const { return size() == 0; }

    /// The only one; names nothing when there is none or several.
    [[nodiscard]] CrewHandle only() const { return all_ ? CrewHandle{} : only_.crew; }

    /// Pre: it is not among them.
    void add(const ServingCrew& crew) {
        if (empty()) {
            only_ = crew;
            return;
        }
        if (!all_) {
            all_ = std::make_unique<std::vector<ServingCrew>>(1, only_);
        }
        all_->push_back(crew);
    }

    void remove(CrewHandle crew) {
        if (!all_) {
            only_ = only_.crew == crew ? ServingCrew{} : only_;
            return;
        }
        std::erase_if(*all_, [&](const ServingCrew& one) { return one.crew == crew; });
        if (all_->size() == 1) {
            only_ = all_->front();
            all_.reset();
        }
    }

private:
    ServingCrew only_;                               // names nothing: there is none
    std::unique_ptr<std::vector<ServingCrew>> all_;  // of several
};

}  // namespace steward::core
