// broker/app: what the node has to say, handed to the log and to the lifecycle log.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "broker/app/lifecycle_log.hpp"
#include "broker/app/node.hpp"
#include "common/log/log.hpp"

namespace steward::app {

/// Thread: the loop's.
class ShellSink final : public Sink {
public:
    /// `log` outlives this. Each of the two files may be none.
    ShellSink(log::Log& log,
              std::optional<LifecycleLog> lifecycle,
              const model::EventSet& kinds,
              std::optional<LifecycleLog> audit)
        : log_(log), lifecycle_(std::move(lifecycle)), kinds_(kinds), audit_(std::move(audit)) {}

    void note(const core::Note& note) override;

    [[nodiscard]] model::EventSet wanted_events() const override {
        return lifecycle_ ? kinds_ : model::EventSet{};
    }

    void lifecycle(std::string_view lines, std::size_t count) override;
    void audit(std::string_view lines) override;

    /// From now on the lifecycle log has these.
    void set_lifecycle_kinds(const model::EventSet& kinds) { kinds_ = kinds; }

    /// The files may have been moved away: their paths are opened anew.
    void reopen();

    /// Writes what the turn has gathered, and tells once when that begins or ceases to fail.
    void flush();

private:
    void flush(LifecycleLog& file, std::string_view failing, std::string_view recovered);

    log::Log& log_;
    std::optional<LifecycleLog> lifecycle_;
    model::EventSet kinds_;
    std::optional<LifecycleLog> audit_;
};

}  // namespace steward::app
