// broker/app: what the node has to say, handed to the log and to the lifecycle log.
#pragma once

#include <optional>
#include <utility>

#include "broker/app/lifecycle_log.hpp"
#include "broker/app/node.hpp"
#include "common/log/log.hpp"

namespace steward::app {

/// Thread: the loop's.
class ShellSink final : public Sink {
public:
    /// `log` outlives this.
    ShellSink(log::Log& log, std::optional<LifecycleLog> lifecycle)
        : log_(log), lifecycle_(std::move(lifecycle)) {}

    void note(const core::Note& note) override;

    [[nodiscard]] bool wants_lifecycle() const override { return lifecycle_.has_value(); }

    void lifecycle(std::string_view line) override;

    /// Writes what the turn has gathered, and tells once when that begins or ceases to fail.
    void flush();

private:
    log::Log& log_;
    std::optional<LifecycleLog> lifecycle_;
};

}  // namespace steward::app
