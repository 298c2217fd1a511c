// tests/unit/posix: what watching over processes needs: notifications, the process table, files
// that are replaced in one step or take turns.
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <doctest/doctest.h>

#include "common/posix/notify.hpp"
#include "common/posix/process_table.hpp"
#include "common/posix/rotated_file.hpp"
#include "common/posix/unique_fd.hpp"
#include "common/posix/update_file.hpp"

namespace steward::posix::supervision_tests {

using namespace std::chrono_literals;

namespace {

class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "steward-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::map<std::string, std::string> variables;

char* look_up(const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.data();
}

posix::UniqueFd watcher_at(const std::string& path) {
    posix::UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return socket;
}

/// Others say so much that there is no room for anything more.
void fill(const std::string& path) {
    const posix::UniqueFd other(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::connect(other.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    while (::send(other.get(), "x", 1, 0) == 1) {
    }
    REQUIRE(errno == EAGAIN);
}

std::string next_of(int socket) {
    char text[128];
    const ssize_t got = ::recv(socket, text, sizeof text, MSG_DONTWAIT);
    return got < 0 ? "" : std::string(text, static_cast<std::size_t>(got));
}

}  // namespace

TEST_CASE("Notifications go to the socket of the environment; signs of life when they are due") {
    const Folder folder;
    const std::string path = folder.file("notify");
    const posix::UniqueFd socket = watcher_at(path);
    variables = {{"NOTIFY_SOCKET", path}, {"WATCHDOG_USEC", "2000000"}};
    auto notify = posix::Notify::from_environment(&look_up);
    notify.say("READY=1");
    CHECK(next_of(socket.get()) == "READY=1");
    const base::MonoTime start{base::Duration(5s)};
    CHECK(notify.beat(start) == start + 1s);
    CHECK(next_of(socket.get()) == "WATCHDOG=1");
    CHECK(notify.beat(start + 999ms) == start + 1s);
    CHECK(next_of(socket.get()).empty());
    CHECK(notify.beat(start + 1s) == start + 2s);
    CHECK(next_of(socket.get()) == "WATCHDOG=1");

    variables["WATCHDOG_PID"] = "1";  // somebody else's
    CHECK_FALSE(posix::Notify::from_environment(&look_up).beat(start).has_value());
    variables = {{"WATCHDOG_USEC", "2000000"}};
    auto nobody = posix::Notify::from_environment(&look_up);
    nobody.say("READY=1");
    CHECK_FALSE(nobody.beat(start).has_value());
    CHECK(next_of(socket.get()).empty());
}

TEST_CASE("What the watcher has no room for is said again, once and in its order") {
    const Folder folder;
    const std::string path = folder.file("notify");
    const posix::UniqueFd socket = watcher_at(path);
    const auto drain = [&] {
        while (next_of(socket.get()) == "x") {
        }
    };
    const base::MonoTime start{base::Duration(5s)};

    variables = {{"NOTIFY_SOCKET", path}};
    auto notify = posix::Notify::from_environment(&look_up);
    CHECK_FALSE(notify.beat(start).has_value());
    fill(path);
    for (const char* word : {"READY=1", "READY=1", "STOPPING=1"}) {
        notify.say(word);
    }
    const auto again = notify.beat(start);
    REQUIRE(again.has_value());
    CHECK(*again > start);
    CHECK(*again <= start + 1s);
    CHECK(notify.beat(*again).has_value());
    for (int i = 0; i < 2 * static_cast<int>(posix::Notify::kUnsaidMax); ++i) {
        notify.say("STATUS=" + std::to_string(i));
    }
    drain();
    CHECK_FALSE(notify.beat(start + 2s).has_value());
    CHECK(next_of(socket.get()) == "STATUS=8");  // what is older was too much
    while (!next_of(socket.get()).empty()) {
    }

    fill(path);
    notify.say("READY=1");
    notify.say("READY=1");
    while (!next_of(socket.get()).empty()) {
    }
    notify.say("STOPPING=1");  // what is older comes first
    CHECK(next_of(socket.get()) == "READY=1");
    CHECK(next_of(socket.get()) == "STOPPING=1");
    CHECK(next_of(socket.get()).empty());
    CHECK_FALSE(notify.beat(start + 3s).has_value());

    // A sign of life that found no room is not put off to the last moment.
    variables["WATCHDOG_USEC"] = "20000000";
    auto watched = posix::Notify::from_environment(&look_up);
    fill(path);
    const auto soon = watched.beat(start);
    REQUIRE(soon.has_value());
    CHECK(*soon <= start + 1s);
    while (!next_of(socket.get()).empty()) {
    }
    CHECK(watched.beat(*soon) == *soon + 10s);
    CHECK(next_of(socket.get()) == "WATCHDOG=1");
}

TEST_CASE("The process table knows this process, its parent and its child") {
    const auto self = posix::read_process(::getpid());
    REQUIRE(self.has_value());
    CHECK(self->parent == ::getppid());
    CHECK(self->resident_bytes > 100'000);
    CHECK_FALSE(posix::read_process(0).has_value());

    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    const auto below = posix::descendants_of(::getpid(), posix::read_processes());
    REQUIRE(below.size() == 1);
    CHECK(below[0].pid == child);
    CHECK(posix::signal_exactly(below[0], SIGKILL));
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WTERMSIG(status) == SIGKILL);
    CHECK_FALSE(posix::signal_exactly(below[0], SIGKILL));
}

TEST_CASE("Descendants are found, whatever nonsense the rows are") {
    std::vector<posix::ProcessRow> rows(5);
    const std::pair<pid_t, pid_t> kin[] = {{2, 1}, {3, 1}, {4, 2}, {5, 4}, {9, 9}};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].pid = kin[i].first;
        rows[i].parent = kin[i].second;
    }
    CHECK(posix::descendants_of(2, rows).size() == 2);
    CHECK(posix::descendants_of(1, rows).size() == 4);
    CHECK(posix::descendants_of(7, rows).empty());
    CHECK(posix::descendants_of(9, rows).size() <= rows.size() + 1);  // its own parent: an end
}

TEST_CASE("A small file is replaced in one step, and changes wait for each other") {
    const Folder folder;
    const std::string path = folder.file("counter");
    CHECK(posix::read_small_file(path, 10)->has_value() == false);
    const auto add_one = [&] {
        for (int i = 0; i < 50; ++i) {
            const auto updated = posix::update_file(
                path, 100, [](std::string_view before) -> base::Expected<std::string> {
                    return std::to_string(std::atoi(std::string(before).c_str()) + 1);
                });
            CHECK(updated.has_value());
        }
    };
    std::thread other(add_one);
    add_one();
    other.join();
    CHECK(content_of(path) == "100");
    const auto refused =
        posix::update_file(path, 100, [](std::string_view) -> base::Expected<std::string> {
            return base::fail(base::Errc::BadConfig, "no");
        });
    CHECK(refused.error().message == "no");
    CHECK(content_of(path) == "100");
    CHECK_FALSE(posix::read_small_file(path, 2).has_value());
    CHECK(**posix::read_small_file(path, 3) == "100");
}

TEST_CASE("What root changes stays the owner's, who can change it afterwards") {
    if (::geteuid() != 0) {
        MESSAGE("not root: giving files away is not tried");
        return;
    }
    constexpr uid_t kOther = 65'534;
    const auto append_x = [](std::string_view before) -> base::Expected<std::string> {
        return std::string(before) + "x";
    };
    const auto owner_of = [](const std::string& path) {
        struct stat file {};

        REQUIRE(::stat(path.c_str(), &file) == 0);
        return file.st_uid;
    };
    const Folder folder;
    const std::string path = folder.file("switch");
    // Left by root in what is now somebody else's.
    std::ofstream(path + ".lock") << "";
    REQUIRE(::chown(folder.file("").c_str(), kOther, kOther) == 0);
    CHECK(posix::update_file(path, 100, append_x).has_value());
    CHECK(owner_of(path) == kOther);
    CHECK(owner_of(path + ".lock") == kOther);

    const pid_t child = ::fork();
    if (child == 0) {
        const bool is_other = ::setgid(kOther) == 0 && ::setuid(kOther) == 0;
        ::_exit(is_other && posix::update_file(path, 100, append_x).has_value() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(content_of(path) == "xx");

    // Who may read it stays so, and a file of somebody's own stays theirs in root's folder.
    REQUIRE(::chown(folder.file("").c_str(), 0, 0) == 0);
    REQUIRE(::chmod(path.c_str(), 0604) == 0);
    CHECK(posix::update_file(path, 100, append_x).has_value());

    struct stat file {};

    REQUIRE(::stat(path.c_str(), &file) == 0);
    CHECK(file.st_uid == kOther);
    CHECK((file.st_mode & 0777U) == 0604U);

    // Another file behind the lock's name is not given away.
    const Folder elsewhere;
    const std::string precious = elsewhere.file("precious");
    std::ofstream(precious) << "";
    REQUIRE(::unlink((path + ".lock").c_str()) == 0);
    REQUIRE(::link(precious.c_str(), (path + ".lock").c_str()) == 0);
    CHECK(posix::update_file(path, 100, append_x).has_value());
    CHECK(owner_of(precious) == 0);
}

TEST_CASE("A rotated file keeps so many files of so many bytes") {
    const Folder folder;
    auto file = posix::RotatedFile::open({folder.file("log"), 10, 2});
    REQUIRE(file.has_value());
    for (const char* line : {"aaaa\n", "bbbb\n", "cccc\n", "dddddddddddddd\n", "e\n"}) {
        CHECK(file->append(line).has_value());
    }
    CHECK(content_of(folder.file("log")) == "e\n");
    CHECK(content_of(folder.file("log.1")) == "dddddddddddddd\n");
    CHECK_FALSE(std::filesystem::exists(folder.file("log.2")));
}

TEST_CASE("A file that was moved away is written on until it is opened anew") {
    const Folder folder;
    auto file = posix::RotatedFile::open({folder.file("log"), 100, 2});
    REQUIRE(file.has_value());
    CHECK(file->append("a\n").has_value());
    std::filesystem::rename(folder.file("log"), folder.file("log.moved"));
    CHECK(file->append("b\n").has_value());
    file->reopen();
    CHECK(file->append("c\n").has_value());
    CHECK(content_of(folder.file("log.moved")) == "a\nb\n");
    CHECK(content_of(folder.file("log")) == "c\n");
    CHECK_FALSE(std::filesystem::exists(folder.file("log.1")));
}

}  // namespace steward::posix::supervision_tests
