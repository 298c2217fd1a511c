// tests/tidy: who may include whom (docs/architecture.md) and the one door of each third-party
// library.
#include <algorithm>
#include <optional>

#include <doctest/doctest.h>

#include "tests/tidy/source_tree.hpp"

namespace {

using steward::tidy::Finding;
using steward::tidy::source_tree;
using steward::tidy::SourceFile;

/// What a room may include besides itself; prefixes of paths. The first room that fits a file
/// counts.
struct Room {
    std::string_view path;
    std::vector<std::string_view> may_include;
};

const std::vector<Room>& rooms() {
    static const std::vector<Room> kRooms = {
        {"common/base/", {}},
        {"common/model/", {"common/base/"}},
        {"common/calendar/", {"common/base/", "common/model/"}},
        {"common/zones/", {"common/base/", "common/model/"}},
        {"common/wire/", {"common/base/", "common/model/"}},
        {"common/posix/", {"common/base/"}},
        {"common/log/", {"common/base/", "common/posix/"}},
        {"common/manual/", {"common/base/"}},
        {"common/config/", {"common/base/", "common/posix/", "common/manual/roff.hpp"}},
        {"common/net/", {"common/base/", "common/posix/", "common/model/limits.hpp"}},
        {"common/keys/",
         {"common/base/", "common/posix/", "common/config/", "common/net/", "common/access/"}},
        {"common/access/", {"common/base/", "common/model/", "common/config/"}},
        {"broker/core/", {"common/base/", "common/model/", "common/calendar/"}},
        {"broker/store/", {"common/base/", "common/posix/"}},
        {"broker/app/", {"common/", "broker/core/", "broker/store/"}},
        {"broker/main.cpp", {"common/", "broker/app/"}},
        // The verbs that look at a journal's files, beside the broker or without one.
        {"client/cli/journal",
         {"common/",
          "client/",
          "broker/store/",
          "broker/core/record.hpp",
          "broker/core/record_codec.hpp",
          "broker/core/spill_store.hpp",
          "broker/core/spilled_jobs.hpp",
          "broker/core/core.hpp"}},
        {"client/", {"common/"}},
        {"worker/", {"common/", "client/"}},
        {"gateway/message/", {"common/base/"}},
        {"gateway/params/", {"common/base/", "common/model/", "common/wire/", "gateway/message/"}},
        {"gateway/access/file/",
         {"common/base/", "common/config/", "common/posix/", "gateway/access/"}},
        {"gateway/access/",
         {"common/base/", "common/model/", "common/access/", "common/config/", "gateway/message/"}},
        {"gateway/feed/", {"common/base/", "common/model/"}},
        {"gateway/page/", {"common/base/", "gateway/message/"}},
        {"gateway/metrics/", {"common/base/", "common/model/", "gateway/message/"}},
        {"gateway/http/", {"common/", "gateway/message/", "gateway/metrics/counters.hpp"}},
        {"gateway/", {"common/", "client/", "gateway/"}},
        {"supervisor/policy/", {"common/base/"}},
        {"supervisor/guardian/", {"common/base/", "common/posix/"}},
        {"supervisor/process/", {"common/", "supervisor/guardian/orders.hpp"}},
        {"supervisor/", {"common/", "client/"}},
        {"master/",
         {"common/", "client/", "supervisor/process/", "supervisor/guardian/orders.hpp"}},
        {"etc/manual/", {"common/", "broker/app/", "gateway/app/", "supervisor/app/"}},
        {"bench/", {"common/", "broker/", "client/", "worker/"}},
        {"tests/package/consumer/", {}},  // sees what is installed, nothing else
        {"tests/",
         {"common/", "broker/", "client/", "worker/", "gateway/", "supervisor/", "master/"}},
    };
    return kRooms;
}

/// Where a third-party header may be included; prefixes of paths. Tests and benchmarks may use any.
struct Door {
    std::string_view header;
    std::vector<std::string_view> open_to;
};

const std::vector<Door>& doors() {
    static const std::vector<Door> kDoors = {
        {"zmq", {"common/net/"}},
        // Beyond the codecs: where people's own types become params and results.
        {"msgpack",
         {"common/wire/",
          "worker/value",
          "worker/job.hpp",
          "client/params.hpp",
          "client/answer.hpp"}},
        {"nlohmann",
         {"common/wire/",
          "broker/app/translate_arguments",
          "worker/",
          "client/",
          "gateway/",
          "supervisor/app/"}},
        {"spdlog", {"common/log/"}},
        {"fmt", {"common/log/"}},
        {"toml", {"common/config/"}},
        {"cctz/", {"common/zones/"}},
        {"CLI",
         {"common/manual/page.cpp",
          "broker/main.cpp",
          "broker/app/options",
          "client/cli/",
          "worker/",
          "gateway/",
          "supervisor/"}},
        {"tl/", {"common/base/"}},
        {"doctest", {}},
        {"benchmark", {}},
        {"boost", {"worker/http/", "gateway/http/"}},
        {"prometheus", {"gateway/metrics/"}},
        {"openssl", {"common/access/", "worker/http/", "gateway/http/", "gateway/access/"}},
    };
    return kDoors;
}

struct Include {
    std::string path;
    bool quoted = false;
};

std::optional<Include> include_of(const std::string& line) {
    const std::size_t hash = line.find_first_not_of(" \t");
    if (hash == std::string::npos || line.compare(hash, 8, "#include") != 0) {
        return std::nullopt;
    }
    const std::size_t open = line.find_first_of("<\"", hash);
    const std::size_t close = line.find_first_of(">\"", open + 1);
    if (open == std::string::npos || close == std::string::npos) {
        return std::nullopt;
    }
    return Include{line.substr(open + 1, close - open - 1), line[open] == '"'};
}

bool starts_with_any(std::string_view text, const std::vector<std::string_view>& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(), [text](std::string_view prefix) {
        return text.starts_with(prefix);
    });
}

const Room* room_of(std::string_view path) {
    for (const Room& room : rooms()) {
        if (path.starts_with(room.path)) {
            return &room;
        }
    }
    return nullptr;
}

/// Calls `check(file, line number, include)` for every #include of the tree.
template <typename Check>
void each_include(const Check& check) {
    for (const SourceFile& file : source_tree()) {
        if (!file.is_cpp()) {
            continue;
        }
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            if (const auto include = include_of(file.lines[i])) {
                check(file, i + 1, *include);
            }
        }
    }
}

}  // namespace

TEST_CASE("Rooms include only what stands below them") {
    std::vector<Finding> findings;
    std::size_t seen = 0;
    each_include([&](const SourceFile& file, std::size_t line, const Include& include) {
        if (!include.quoted) {
            return;
        }
        ++seen;
        const Room* room = room_of(file.path);
        if (room == nullptr) {
            findings.push_back(
                {"layering", file.path, line, "the file is in no room of the table"});
        } else if (!include.path.starts_with(room->path) &&
                   !starts_with_any(include.path, room->may_include)) {
            findings.push_back({"layering",
                                file.path,
                                line,
                                std::string(room->path) + " may not include " + include.path});
        }
    });
    CHECK(seen > 20);
    steward::tidy::report(findings);
}

TEST_CASE("Each third-party library has one door") {
    std::vector<Finding> findings;
    each_include([&](const SourceFile& file, std::size_t line, const Include& include) {
        if (include.quoted || file.is_test() || file.path.starts_with("bench/")) {
            return;
        }
        for (const Door& door : doors()) {
            if (include.path.starts_with(door.header) &&
                !starts_with_any(file.path, door.open_to)) {
                findings.push_back(
                    {"one door", file.path, line, "<" + include.path + "> is not for this room"});
            }
        }
    });
    steward::tidy::report(findings);
}

TEST_CASE("Includes of the project are written from its root, in quotes") {
    std::vector<Finding> findings;
    each_include([&](const SourceFile& file, std::size_t line, const Include& include) {
        const bool is_ours = room_of(include.path) != nullptr;
        if (include.quoted && !is_ours) {
            findings.push_back({"include path", file.path, line, include.path + " names no room"});
        }
        if (!include.quoted && is_ours && !file.path.starts_with("tests/package/consumer/")) {
            findings.push_back({"include path", file.path, line, include.path + " wants quotes"});
        }
    });
    steward::tidy::report(findings);
}
