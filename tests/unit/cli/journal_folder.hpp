// tests: journals written as a broker writes them, for the verbs that look at their files.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "broker/core/record_codec.hpp"
#include "broker/store/log_files.hpp"
#include "broker/store/log_writer.hpp"
#include "broker/store/posix_disk.hpp"
#include "common/posix/clock.hpp"
#include "tests/unit/cli/run.hpp"

namespace steward::cli::test {

class TempFolder {
public:
    TempFolder() : path_((std::filesystem::temp_directory_path() / "steward-XXXXXX").string()) {
        REQUIRE(mkdtemp(path_.data()) != nullptr);
    }

    ~TempFolder() { std::filesystem::remove_all(path_); }

    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    [[nodiscard]] std::string at(const std::string& name) const { return path_ + "/" + name; }

    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(path_)) {
            names.push_back(entry.path().filename().string());
        }
        std::ranges::sort(names);
        return names;
    }

private:
    std::string path_;
};

// A broker's journal; each call is one commit, on the disk when it returns.
class Writer {
public:
    explicit Writer(const std::string& folder)
        : disk_(store::PosixDisk::open(folder).value()), log_(*disk_) {}

    void write(const std::vector<std::string>& records) {
        store::Group group{at_, std::exchange(begins_file_, false), {}};
        const std::vector<std::string_view> views(records.begin(), records.end());
        store::put_commit(group.bytes, at_.record, views);
        REQUIRE(log_.write(group));
        REQUIRE(log_.sync());
        at_.record += records.size();
    }

    void write(const core::Record& fact) {
        std::string bytes;
        core::encode_record(fact, bytes);
        write(std::vector<std::string>{bytes});
    }

    void next_file() {
        ++at_.file;
        begins_file_ = true;
    }

private:
    std::unique_ptr<store::PosixDisk> disk_;
    store::LogWriter log_;
    store::LogPosition at_;
    bool begins_file_ = true;
};

inline model::JobId job(std::uint64_t number) {
    return {1ULL << 40U, number};
}

inline core::JobAccepted accepted(std::uint64_t number, const std::string& service) {
    core::JobAccepted fact;
    fact.id = job(number);
    fact.at = posix::read_clock().wall;
    fact.spec.service = *model::ServiceName::parse(service);
    fact.spec.params = {model::Encoding::Json, base::Blob::copy("{\"n\":1}")};
    return fact;
}

inline std::vector<nlohmann::json> lines_in(const std::string& text) {
    std::vector<nlohmann::json> lines;
    std::istringstream all(text);
    for (std::string line; std::getline(all, line);) {
        lines.push_back(nlohmann::json::parse(line, nullptr, false));
        CHECK_FALSE(lines.back().is_discarded());
    }
    return lines;
}

inline nlohmann::json only_document(const Ended& ended) {
    const auto lines = lines_in(ended.out);
    REQUIRE(lines.size() == 1);
    return lines.front();
}

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

inline void flip_byte(const std::string& path, std::streamoff offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(offset);
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(offset);
    file.put(byte);
    REQUIRE(file.good());
}

inline std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace steward::cli::test
