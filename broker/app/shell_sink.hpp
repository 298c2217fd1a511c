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
    ShellSink(log::Log& log, std::optional<LifecycleLog> lifecycle, const model::EventSet& kinds)
        : log_(log), lifecycle_(std::move(lifecycle)), kinds_(kinds) {}

    void note(const core::Note& note) override;

    [[nodiscard]] model::EventSet wanted_events() const override {
        return lifecycle_ ? kinds_ : model::EventSet{};
    }

    void lifecycle(std::string_view lines, std::size_t count) override;

    /// From now on the lifecycle log has these.
    void set_lifecycle_kinds(const model::EventSet& kinds) { kinds_ = kinds; }

    /// Writes what the turn has gathered, and tells once when that begins or ceases to fail.
    void flush();

private:
    log::Log& log_;
    std::optional<LifecycleLog> lifecycle_;
    model::EventSet kinds_;
};

}  // namespace steward::app
