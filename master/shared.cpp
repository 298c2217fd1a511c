#include "master/shared.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "client/kill_switch.hpp"
#include "common/net/endpoint.hpp"
#include "common/net/stream_address.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/unique_fd.hpp"
#include "master/daemon.hpp"

namespace steward::master {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kIpc = "ipc://";
// A worker on this machine that is there answers in a fraction of it.
constexpr base::Duration kLook = 500ms;
constexpr base::Duration kLockPause = 20ms;

// Where masters of this user agree on who starts the worker.
std::string lock_path_of(const std::string& address) {
    if (address.starts_with(kIpc)) {
        return address.substr(kIpc.size()) + ".start";
    }
    std::string name = address;
    std::ranges::replace_if(
        name, [](unsigned char c) { return std::isalnum(c) == 0; }, '-');
    const char* folder = std::getenv("XDG_RUNTIME_DIR");
    return std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") + "/steward-" +
           std::to_string(::geteuid()) + "-" + name + ".start";
}

// Free when its holder ends, however that is. The file stays.
base::Expected<posix::UniqueFd> lock(const std::string& address, base::MonoTime until) {
    const std::string path = lock_path_of(address);
    posix::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.is_open()) {
        return posix::io_error("cannot open " + path, errno);
    }
    while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return posix::io_error("cannot lock " + path, errno);
        }
        if (posix::read_mono() >= until) {
            return base::fail(
                base::Errc::Disconnected,
                "another program has been starting a worker at " + address + " for too long");
        }
        std::this_thread::sleep_for(kLockPause);  // a lock cannot be waited for with an end
    }
    return fd;
}

client::Client client_of(const Shared& shared, const std::string& address) {
    client::Options options = shared.client;
    options.brokers = {address};
    return client::Client(std::move(options));
}

// Whether anybody answers at the address within `patience`. One who refuses the question does.
bool answers(const Shared& shared, const std::string& address, base::Duration patience) {
    client::Options options = shared.client;
    options.brokers = {address};
    options.timeout = patience;
    options.connect_timeout = patience;
    client::Client client(std::move(options));
    const auto answer = client.query("check");
    return answer.has_value() || (answer.error().code != base::Errc::Disconnected &&
                                  answer.error().code != base::Errc::Timeout);
}

std::string kill_switch_of(const Shared& shared) {
    if (!shared.kill_switch.empty()) {
        return shared.kill_switch;
    }
    const char* folder = std::getenv("STEWARD_RUN_DIR");
    return folder != nullptr && *folder != '\0' ? std::string(folder) + "/kill-switch.json"
                                                : std::string();
}

// As a supervisor obeys it. One that cannot be read forbids: what was off must not be started.
base::Expected<void> ask_kill_switch(const Shared& shared) {
    const std::string file = kill_switch_of(shared);
    if (file.empty()) {
        return {};
    }
    const auto off = client::read_kill_switch(file);
    if (!off) {
        return base::fail(
            base::Errc::ServiceStopped,
            "it is not started, for the kill switch cannot be read: " + off.error().message);
    }
    const bool are_all_off = !shared.services.empty() &&
                             std::ranges::all_of(shared.services, [&](const std::string& service) {
                                 return off->services.contains(service);
                             });
    if (!off->is_global && !are_all_off) {
        return {};
    }
    return base::fail(base::Errc::ServiceStopped,
                      shared.profile.program + " is not started: the kill switch " + file +
                          " has " + (off->is_global ? "all workers" : shared.services.front()) +
                          " off; `steward enable` switches on again");
}

base::Expected<void> start_there(const Shared& shared, const std::string& address) {
    if (auto allowed = ask_kill_switch(shared); !allowed) {
        return allowed;
    }
    Profile profile = shared.profile;
    profile.arguments.emplace_back("--listen");
    profile.arguments.push_back(address);
    if (auto started = start_daemon(profile); !started) {
        return started;
    }
    if (!answers(shared, address, shared.start_timeout)) {
        return base::fail(base::Errc::Disconnected,
                          profile.program + " was started and does not answer at " + address +
                              (profile.output.empty() ? "; Profile::output keeps what it says"
                                                      : "; what it says is in " + profile.output));
    }
    return {};
}

}  // namespace

bool is_local(const std::string& address) {
    return address.starts_with(kIpc) || net::local_name_of(address).has_value();
}

base::Expected<client::Client> connect_shared(const Shared& shared) {
    const auto address = net::parse_endpoint(shared.address);
    if (!address) {
        return base::Unexpected(address.error());
    }
    const bool may_start = is_local(*address) && !shared.profile.program.empty();
    if (answers(shared, *address, may_start ? kLook : shared.start_timeout)) {
        return client_of(shared, *address);
    }
    if (!may_start) {
        return base::fail(base::Errc::Disconnected,
                          "nobody answers at " + *address +
                              (is_local(*address) ? ", and no program is named to be started there"
                                                  : ", and what is on another machine is not "
                                                    "started from here"));
    }
    const auto held = lock(*address, posix::read_mono() + shared.start_timeout);
    if (!held) {
        return base::Unexpected(held.error());
    }
    if (!answers(shared, *address, kLook)) {
        if (auto started = start_there(shared, *address); !started) {
            return base::Unexpected(std::move(started.error()));
        }
    }
    return client_of(shared, *address);
}

}  // namespace steward::master
