#include "worker/exec/limits.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "common/base/bytes.hpp"
#include "common/base/quantity.hpp"
#include "common/base/time.hpp"
#include "common/base/whole_number.hpp"
#include "common/wire/params.hpp"

namespace steward::worker::exec {
namespace {

enum class Unit : std::uint8_t { Bytes, Seconds, Number };

struct Known {
    std::string_view name;
    __rlimit_resource_t resource;
    Unit unit;
};

constexpr std::array<Known, 9> kKnown = {{{"as", RLIMIT_AS, Unit::Bytes},
                                          {"core", RLIMIT_CORE, Unit::Bytes},
                                          {"cpu", RLIMIT_CPU, Unit::Seconds},
                                          {"data", RLIMIT_DATA, Unit::Bytes},
                                          {"fsize", RLIMIT_FSIZE, Unit::Bytes},
                                          {"memlock", RLIMIT_MEMLOCK, Unit::Bytes},
                                          {"nofile", RLIMIT_NOFILE, Unit::Number},
                                          {"nproc", RLIMIT_NPROC, Unit::Number},
                                          {"stack", RLIMIT_STACK, Unit::Bytes}}};

std::optional<rlim_t> parse_value(Unit unit, std::string_view text) {
    if (text == "unlimited") {
        return RLIM_INFINITY;
    }
    if (const auto number = base::parse_whole<rlim_t>(text)) {
        return number;
    }
    if (unit == Unit::Bytes) {
        return base::parse_size(text);
    }
    if (unit == Unit::Seconds) {
        const auto duration = wire::parse_duration(text);
        if (duration && *duration >= std::chrono::seconds(1)) {
            return static_cast<rlim_t>(
                std::chrono::duration_cast<std::chrono::seconds>(*duration).count());
        }
    }
    return std::nullopt;
}

base::Expected<ResourceLimit> parse_limit(std::string_view text) {
    const std::size_t equals = text.find('=');
    const auto* const known = std::ranges::find(kKnown, text.substr(0, equals), &Known::name);
    const auto value = known != kKnown.end() && equals != std::string_view::npos
                           ? parse_value(known->unit, text.substr(equals + 1))
                           : std::nullopt;
    if (!value) {
        return base::fail(base::Errc::BadConfig,
                          "--limits is a list of NAME=VALUE with as, core, data, fsize, memlock, "
                          "stack (bytes, or \"1GiB\"), cpu (seconds), nofile, nproc (numbers); "
                          "this is \"" +
                              base::printable(text) + '"');
    }
    return ResourceLimit{known->resource, *value};
}

}  // namespace

base::Expected<std::vector<ResourceLimit>> parse_limits(std::string_view text) {
    std::vector<ResourceLimit> limits;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        auto limit = parse_limit(text.substr(0, comma));
        if (!limit) {
            return base::Unexpected(std::move(limit.error()));
        }
        limits.push_back(*limit);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    return limits;
}

}  // namespace steward::worker::exec
