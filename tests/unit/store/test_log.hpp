// tests: what a journal writes and reads, without its thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "broker/store/log_files.hpp"
#include "broker/store/log_writer.hpp"

namespace steward::store::testing {

using Records = std::vector<std::string>;

inline std::string record_named(std::uint64_t number) {
    return "record " + std::to_string(number) + std::string(number % 50, '.');
}

struct Log {
    explicit Log(Disk& on) : disk(on), writer(on) {}

    base::Expected<LogPosition> read(bool repair = false) {
        read_records.clear();
        report = {};
        auto position = read_log(
            disk,
            [this](std::string_view record) -> base::Expected<void> {
                read_records.emplace_back(record);
                return {};
            },
            report,
            repair);
        if (position) {
            at = *position;
            begins_file = true;
        }
        return position;
    }

    base::Expected<void> write(const Records& records) {
        Group group{at, std::exchange(begins_file, false), {}};
        const std::vector<std::string_view> views(records.begin(), records.end());
        put_commit(group.bytes, at.record, views);
        auto written = writer.write(group);
        if (written) {
            at.record += records.size();
        } else {
            begins_file = group.begins_file;
        }
        return written;
    }

    void next_file() {
        ++at.file;
        begins_file = true;
    }

    Disk& disk;
    LogWriter writer;
    LogPosition at;
    bool begins_file = true;
    Records read_records;
    ReadReport report;
};

}  // namespace steward::store::testing
