#include "client/cli/supervisor_link.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ostream>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::cli {

namespace {

base::Expected<posix::UniqueFd> connect_to_supervisor(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return base::fail(base::Errc::BadOption, "the path " + path + " is too long for a socket");
    }
    std::ranges::copy(path, address.sun_path);
    posix::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    if (!fd.is_open() || ::connect(fd.get(), generic, sizeof address) != 0) {
        return base::fail(base::Errc::Disconnected,
                          "no supervisor listens on " + path + ": " + posix::errno_text(errno) +
                              "; start one with bin/start, or name its folder with --run-dir");
    }
    return fd;
}

base::Expected<std::string> read_line(int fd, base::MonoTime deadline) {
    std::string text;
    std::array<char, 16384> bytes{};
    while (text.find('\n') == std::string::npos) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - posix::read_mono());
        pollfd watched{fd, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&watched, 1, static_cast<int>(left.count())) == 0) {
            return base::fail(base::Errc::Timeout, "the supervisor has not answered in time");
        }
        const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
        if (got <= 0) {
            return base::fail(base::Errc::Disconnected, "the supervisor has hung up");
        }
        text.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return text;
}

// The codes of refusals that a caller tells apart.
base::Error error_in(const nlohmann::json& answer) {
    const auto error = answer.value("error", nlohmann::json::object());
    const auto name = error.value("code", std::string());
    for (const base::Errc code : {base::Errc::UnknownName,
                                  base::Errc::WrongState,
                                  base::Errc::BadConfig,
                                  base::Errc::Malformed,
                                  base::Errc::Io}) {
        if (name == base::name_of(code)) {
            return {code, error.value("message", name)};
        }
    }
    return {base::Errc::BadOption, error.value("message", name)};
}

}  // namespace

std::string RunDir::socket() const {
    const auto in = [](const std::string& folder) { return folder + "/supervisor.sock"; };
    const bool is_installed = path == kHere && ::access(in(kHere).c_str(), F_OK) != 0 &&
                              ::access(in(kInstalled).c_str(), F_OK) == 0;
    return in(is_installed ? kInstalled : path);
}

void add_run_dir(CLI::App& verb, RunDir& run_dir) {
    verb.add_option("--run-dir", run_dir.path, "the supervisor's folder, with its control socket")
        ->envname("STEWARD_RUN_DIR")
        ->capture_default_str();
}

base::Expected<nlohmann::json> ask_supervisor(const RunDir& run_dir,
                                              const nlohmann::json& request,
                                              base::Duration timeout) {
    const auto fd = connect_to_supervisor(run_dir.socket());
    if (!fd) {
        return base::Unexpected(fd.error());
    }
    const std::string line =
        request.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    if (::send(fd->get(), line.data(), line.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(line.size())) {
        return base::fail(base::Errc::Disconnected, "the supervisor has hung up");
    }
    const auto text = read_line(fd->get(), posix::read_mono() + timeout);
    if (!text) {
        return base::Unexpected(text.error());
    }
    auto answer = nlohmann::json::parse(*text, nullptr, false);
    if (!answer.is_object()) {
        return base::fail(base::Errc::Malformed,
                          "what answers on " + run_dir.socket() + " is no supervisor");
    }
    if (!answer.value("ok", false)) {
        return base::Unexpected(error_in(answer));
    }
    return answer;
}

int show_answer(Console& console,
                const Settings& settings,
                const base::Expected<nlohmann::json>& answer,
                const std::function<void(const nlohmann::json&)>& print) {
    if (!answer && answer.error().code == base::Errc::Disconnected) {
        console.err << "steward: " << harmless(answer.error().message) << '\n' << std::flush;
        return kNoBroker;
    }
    return show_report(console, settings, answer, print);
}

}  // namespace steward::cli
