#include "client/kill_switch.hpp"

#include <nlohmann/json.hpp>

#include "common/posix/update_file.hpp"

namespace steward::client {
namespace {

constexpr std::size_t kFileBytesMax = 1U << 20U;

// {"global": false, "services": ["reverse"]}
base::Expected<KillSwitch> parse(std::string_view text, const std::string& path) {
    KillSwitch read;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto refuse = [&] {
        return base::fail(base::Errc::BadConfig,
                          path + R"( is no kill switch: {"global": false, "services": ["NAME"]})");
    };
    if (!json.is_object()) {
        return refuse();
    }
    for (const auto& [key, value] : json.items()) {
        if (key == "global" && value.is_boolean()) {
            read.is_global = value.get<bool>();
        } else if (key == "services" && value.is_array()) {
            for (const auto& service : value) {
                if (!service.is_string()) {
                    return refuse();
                }
                read.services.insert(service.get<std::string>());
            }
        } else {
            return refuse();
        }
    }
    return read;
}

std::string text_of(const KillSwitch& kill_switch) {
    const nlohmann::json json = {{"global", kill_switch.is_global},
                                 {"services", kill_switch.services}};
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

base::Expected<KillSwitch> read_kill_switch(const std::string& path) {
    const auto text = posix::read_small_file(path, kFileBytesMax);
    if (!text) {
        return base::Unexpected(text.error());
    }
    // An empty file is one that somebody is about to write, not the order to start everything.
    return text->has_value() ? parse(**text, path) : base::Expected<KillSwitch>{};
}

base::Expected<KillSwitch> change_kill_switch(const std::string& path,
                                              std::span<const KillSwitchChange> changes) {
    KillSwitch after;
    const auto updated = posix::update_file(
        path, kFileBytesMax, [&](std::string_view before) -> base::Expected<std::string> {
            auto parsed = before.empty() ? base::Expected<KillSwitch>{} : parse(before, path);
            if (!parsed) {
                return base::Unexpected(std::move(parsed.error()));
            }
            after = std::move(*parsed);
            for (const KillSwitchChange& change : changes) {
                if (change.service.empty()) {
                    after.is_global = change.is_off;
                } else if (change.is_off) {
                    after.services.insert(change.service);
                } else {
                    after.services.erase(change.service);
                }
            }
            return text_of(after);
        });
    if (!updated) {
        return base::Unexpected(updated.error());
    }
    return after;
}

}  // namespace steward::client
