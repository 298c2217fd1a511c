#include "supervisor/guardian/orders.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>
#include <sys/resource.h>

#include "common/base/quantity.hpp"
#include "common/base/whole_number.hpp"
#include "common/posix/errno_text.hpp"

namespace steward::guardian {
namespace {

struct LimitName {
    std::string_view name;
    __rlimit_resource_t resource;
};

constexpr LimitName kLimits[] = {
    {"nofile", RLIMIT_NOFILE},
    {"nproc", RLIMIT_NPROC},
    {"core", RLIMIT_CORE},
    {"cpu", RLIMIT_CPU},
    {"fsize", RLIMIT_FSIZE},
    {"memlock", RLIMIT_MEMLOCK},
    {"address_space", RLIMIT_AS},
    {"stack", RLIMIT_STACK},
};

std::optional<rlim_t> value_of(std::string_view text) {
    if (text == "unlimited") {
        return RLIM_INFINITY;
    }
    if (const auto size = base::parse_size(text)) {
        return *size;
    }
    return base::parse_whole<rlim_t>(text);
}

const LimitName* named(std::string_view name) {
    const auto* found = std::ranges::find(kLimits, name, &LimitName::name);
    return found == std::end(kLimits) ? nullptr : found;
}

}  // namespace

std::vector<std::string> arguments_of(const Orders& orders) {
    std::vector<std::string> args;
    const auto add = [&](const char* flag, const std::string& value) {
        if (!value.empty()) {
            args.emplace_back(flag);
            args.push_back(value);
        }
    };
    add("--directory", orders.setting.directory);
    add("--user", orders.setting.user);
    add("--group", orders.setting.group);
    add("--nice", orders.setting.nice);
    for (const auto& [name, value] : orders.setting.limits) {
        add("--limit", name + "=" + value);
    }
    add("--channel", orders.setting.has_channel ? "handed on" : "");
    args.emplace_back("--");
    args.insert(args.end(), orders.command.begin(), orders.command.end());
    return args;
}

base::Expected<Orders> read_arguments(int argc, char** argv) {
    Orders orders;
    std::span<char*> rest(argv, static_cast<std::size_t>(argc));
    for (rest = rest.subspan(std::min<std::size_t>(1, rest.size())); rest.size() >= 2;
         rest = rest.subspan(2)) {
        const std::string_view flag(rest[0]);
        const std::string value(rest[1]);
        if (flag == "--") {
            orders.command.assign(rest.begin() + 1, rest.end());
            return orders;
        }
        if (flag == "--directory") {
            orders.setting.directory = value;
        } else if (flag == "--user") {
            orders.setting.user = value;
        } else if (flag == "--group") {
            orders.setting.group = value;
        } else if (flag == "--nice") {
            orders.setting.nice = value;
        } else if (flag == "--channel") {
            orders.setting.has_channel = true;
        } else if (flag == "--limit") {
            const std::size_t equals = std::min(value.find('='), value.size() - 1);
            orders.setting.limits.emplace_back(value.substr(0, equals), value.substr(equals + 1));
        } else {
            break;
        }
    }
    return base::fail(base::Errc::BadConfig,
                      "steward-guardian is started by steward-supervisor: [--directory D] "
                      "[--user U] [--group G] [--nice N] [--limit NAME=VALUE]… -- PROGRAM [ARG…]");
}

base::Expected<void> check_limit(std::string_view name, std::string_view value) {
    if (named(name) == nullptr) {
        std::string known;
        for (const LimitName& limit : kLimits) {
            known += (known.empty() ? "" : ", ") + std::string(limit.name);
        }
        return base::fail(base::Errc::BadConfig,
                          "there is no limit \"" + std::string(name) + "\"; there are " + known);
    }
    if (!value_of(value)) {
        return base::fail(base::Errc::BadConfig,
                          "the limit " + std::string(name) +
                              " is a whole number, a size such as \"1GiB\", or \"unlimited\"");
    }
    return {};
}

base::Expected<void> apply_limit(std::string_view name, std::string_view value) {
    if (auto checked = check_limit(name, value); !checked) {
        return checked;
    }
    const rlim_t number = value_of(value).value_or(0);
    const rlimit both{number, number};
    if (::setrlimit(named(name)->resource, &both) != 0) {
        return posix::io_error(
            "cannot set the limit " + std::string(name) + " to " + std::string(value), errno);
    }
    return {};
}

}  // namespace steward::guardian
