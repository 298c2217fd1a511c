#include "common/zones/load_zone.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>

#include <cctz/time_zone.h>

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"

namespace steward::zones {
namespace {

using base::Expected;
using Instant = cctz::time_point<cctz::seconds>;

const Instant kFrom{};
const Instant kTo{std::chrono::sys_days(std::chrono::year(2100) / 1 / 1)};

// Where the library looks.
std::filesystem::path database() {
    const char* const folder = std::getenv("TZDIR");
    return folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
}

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+';
}

// Parts that could not lead out of the database: no path, no dots.
bool is_zone_name(std::string_view name) {
    return !name.empty() && name.size() <= model::kNameBytesMax && name.front() != '/' &&
           name.back() != '/' && name.find("//") == std::string_view::npos &&
           std::ranges::all_of(name, [](char c) { return is_plain(c) || c == '/'; });
}

base::Unexpected unknown(std::string_view name) {
    return base::fail(base::Errc::BadOption,
                      "no time zone is called \"" + base::printable(name) +
                          "\"; names are those of the IANA database, such as UTC or Europe/Berlin, "
                          "in this spelling");
}

// The library remembers names for ever, those of no zone too: it is only asked for what is there.
Expected<void> check_file(std::string_view name) {
    std::error_code failure;
    if (std::filesystem::is_regular_file(database() / name, failure)) {
        return {};
    }
    if (std::filesystem::is_regular_file(database() / "Etc/UTC", failure)) {
        return unknown(name);
    }
    return base::fail(base::Errc::BadOption,
                      "the time zone \"" + base::printable(name) +
                          "\" cannot be looked up: this machine has no time zone database in " +
                          database().string() + "; install the package tzdata");
}

Expected<cctz::time_zone> ask_library(std::string_view name) {
    try {
        cctz::time_zone zone;
        if (cctz::load_time_zone(std::string(name), &zone)) {
            return zone;
        }
    } catch (const std::exception&) {
        return unknown(name);
    }
    return unknown(name);
}

base::Duration offset_at(const cctz::time_zone& zone, Instant instant) {
    return std::chrono::seconds(zone.lookup(instant).offset);
}

// Changes of the name or of what is called summer time alone are left out.
model::Zone table_of(std::string_view name, const cctz::time_zone& zone) {
    model::Zone table{std::string(name), {{base::WallTime::min(), offset_at(zone, kFrom)}}};
    Instant at = kFrom;
    cctz::time_zone::civil_transition change;
    while (zone.next_transition(at, &change)) {
        const Instant next = zone.lookup(change.to).trans;
        if (next <= at || next >= kTo) {
            break;
        }
        at = next;
        if (const base::Duration offset = offset_at(zone, at);
            offset != table.changes.back().offset) {
            table.changes.push_back({base::WallTime(at.time_since_epoch()), offset});
        }
    }
    return table;
}

}  // namespace

Expected<model::Zone> load_zone(std::string_view name) {
    if (name == "UTC") {
        return model::Zone{};
    }
    if (!is_zone_name(name)) {
        return unknown(name);
    }
    if (const auto found = check_file(name); !found) {
        return base::Unexpected(found.error());
    }
    return ask_library(name).map(
        [name](const cctz::time_zone& zone) { return table_of(name, zone); });
}

}  // namespace steward::zones
