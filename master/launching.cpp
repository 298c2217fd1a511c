// master: what both ways to start a worker need: the guardian's place, the environment, the output.
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <sstream>
#include <string_view>
#include <unistd.h>

#include "common/posix/errno_text.hpp"
#include "master/member.hpp"

namespace steward::master {
namespace {

constexpr const char* kGuardian = "steward-guardian";

bool is_program(const std::filesystem::path& path) {
    return ::access(path.c_str(), X_OK) == 0;
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

}  // namespace

base::Expected<std::string> find_guardian(const Profile& profile) {
    std::string named = profile.guardian.empty() ? variable("STEWARD_GUARDIAN") : profile.guardian;
    if (!named.empty()) {
        return is_program(named)
                   ? base::Expected<std::string>(std::move(named))
                   : base::fail(base::Errc::BadConfig, "the guardian " + named + " is no program");
    }
    std::error_code none;
    std::vector<std::filesystem::path> folders = {
        std::filesystem::read_symlink("/proc/self/exe", none).parent_path(), STEWARD_BIN_FOLDER};
    std::istringstream path(variable("PATH"));
    for (std::string folder; std::getline(path, folder, ':');) {
        folders.emplace_back(folder);
    }
    for (const std::filesystem::path& folder : folders) {
        if (!folder.empty() && is_program(folder / kGuardian)) {
            return (folder / kGuardian).string();
        }
    }
    return base::fail(base::Errc::BadConfig,
                      std::string(kGuardian) +
                          " is neither beside this program, nor in " STEWARD_BIN_FOLDER
                          ", nor in PATH; STEWARD_GUARDIAN or Profile::guardian names it");
}

std::vector<std::string> environment_of(const Profile& profile) {
    std::map<std::string, std::string> all;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) {
            all[std::string(text.substr(0, equals))] = text.substr(equals + 1);
        }
    }
    for (const auto& [name, value] : profile.environment) {
        all[name] = value;
    }
    std::vector<std::string> lines;
    for (const auto& [name, value] : all) {
        std::string line = name;
        line += '=';
        line += value;
        lines.push_back(std::move(line));
    }
    return lines;
}

base::Expected<posix::UniqueFd> output_of(const Profile& profile, int otherwise) {
    posix::UniqueFd fd(
        profile.output.empty()
            ? ::fcntl(otherwise, F_DUPFD_CLOEXEC, 3)
            : ::open(profile.output.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
    if (!fd.is_open() && profile.output.empty()) {
        fd = posix::UniqueFd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    }
    return fd.is_open() ? base::Expected<posix::UniqueFd>(std::move(fd))
                        : posix::io_error("cannot write to " + profile.output, errno);
}

}  // namespace steward::master
