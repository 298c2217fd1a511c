// worker: one command of the broker, decoded into the place where it stays if it is a job. An
// Assign is half a kilobyte of fields: it is written once and never moved from thread to thread.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "common/base/expected.hpp"
#include "common/wire/native.hpp"

namespace steward::worker {

/// Thread: one at a time.
class Arrival {
public:
    Arrival() = default;
    Arrival(const Arrival&) = delete;
    Arrival& operator=(const Arrival&) = delete;
    ~Arrival() = default;

    using Command = base::Expected<std::optional<wire::native::Command>>;

    /// Drops what was here and takes the next command of `reader`, as BatchReader::next() tells it.
    void read(wire::native::BatchReader& reader) noexcept {
        // Where a job was another finds its place.
        if (wire::native::Assign* const place = job(); place != nullptr) {
            if (!std::exchange(is_plain_, true)) {
                place->meta = {};
                place->options = {};
            }
            if (reader.next_assign(*place)) {
                return;
            }
        }
        is_plain_ = false;
        // Built where it stays: a move of so many fields costs more than all else done with a job.
        std::destroy_at(&content_);
        ::new (static_cast<void*>(&content_)) Content{reader.next()};
    }

    [[nodiscard]] Command& command() { return content_.command; }

    /// A command came; it is not the end of the batch, nor an error.
    [[nodiscard]] bool has_command() const {
        return content_.command.has_value() && content_.command->has_value();
    }

    /// The job, or null when the command is another one.
    [[nodiscard]] wire::native::Assign* job() {
        return has_command() ? std::get_if<wire::native::Assign>(&**content_.command) : nullptr;
    }

private:
    struct Content {
        Command command;
    };

    Content content_{std::optional<wire::native::Command>{}};
    bool is_plain_ = false;  // the job has neither meta nor options
};

using ArrivalPtr = std::unique_ptr<Arrival>;

}  // namespace steward::worker
