#include "client/cli/kill_switch_file.hpp"

#include <filesystem>
#include <vector>

#include "client/kill_switch.hpp"

namespace steward::cli {

base::Expected<void> change_kill_switch_here(const KillSwitchPlace& place,
                                             std::span<const client::ModeChange> changes) {
    using namespace std::chrono_literals;
    std::error_code ignored;
    const bool is_supervised = std::filesystem::exists(place.run_dir.socket(), ignored);
    const std::string in_folder = place.run_dir.path + "/kill-switch.json";
    const bool has_file = std::filesystem::exists(in_folder, ignored);
    if (place.file.empty() && !is_supervised && !has_file) {
        return {};
    }
    std::vector<client::KillSwitchChange> switches;
    for (const client::ModeChange& change : changes) {
        switches.push_back({change.service, change.mode == client::Mode::Disabled});
    }
    const auto changed =
        client::change_kill_switch(place.file.empty() ? in_folder : place.file, switches);
    if (!changed) {
        return base::Unexpected(changed.error());
    }
    // Whether one listens or not: it looks by itself, only later. But one that has looked and could
    // not read it obeys nothing of this.
    const auto looked = ask_supervisor(place.run_dir, {{"verb", "look"}}, 1s);
    const bool is_refused = !looked && (looked.error().code == base::Errc::BadConfig ||
                                        looked.error().code == base::Errc::Io);
    if (is_refused) {
        return base::fail(
            looked.error().code,
            "it is written, but the supervisor does not obey it: " + looked.error().message);
    }
    return {};
}

}  // namespace steward::cli
