// Fuzz entry: one file of the journal. Any bytes end in whole commits and a place where they end,
// or in an error. A file that was written and then damaged in one place gives what it held up to
// there, and nothing that was not written.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/core/record_codec.hpp"
#include "broker/store/segment_format.hpp"

namespace {

using namespace steward;
using namespace steward::store;

constexpr std::size_t kRecordBytes = 24;

class Bytes final : public ReadableFile {
public:
    explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}

    base::Expected<std::string> read(std::uint64_t offset, std::size_t bytes_max) override {
        return offset < bytes_.size() ? bytes_.substr(offset, bytes_max) : std::string();
    }

    base::Expected<std::uint64_t> size() override { return bytes_.size(); }

private:
    std::string bytes_;
};

std::vector<std::string> records_in(const std::string& file) {
    std::vector<std::string> records;
    const auto header = decode_header(file);
    if (!header) {
        return records;
    }
    Bytes bytes(file);
    const auto end = read_commits(bytes, *header, [&](const Commit& commit) {
        return commit.each([&](std::string_view record) -> base::Expected<void> {
            (void)core::decode_record(record);
            records.emplace_back(record);
            return {};
        });
    });
    if (end && end->offset > file.size()) {
        std::abort();
    }
    return records;
}

// Each piece of `bytes` is a record, each two of them a commit.
std::string written(std::string_view bytes, std::vector<std::string_view>& records) {
    std::string file = encode_header({FileKind::Log, 1, 1});
    for (std::size_t at = 0; at < bytes.size(); at += kRecordBytes) {
        records.push_back(bytes.substr(at, kRecordBytes));
    }
    for (std::size_t i = 0; i < records.size(); i += 2) {
        std::string group;
        const std::size_t count = std::min<std::size_t>(2, records.size() - i);
        put_commit(group, i + 1, std::span(records).subspan(i, count));
        seal_commits(group, file.size());
        file += group;
    }
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    (void)records_in(std::string(bytes));
    if (size < 4) {
        return 0;
    }
    std::vector<std::string_view> records;
    std::string file = written(bytes.substr(3), records);
    if (!std::ranges::equal(records_in(file), records)) {
        std::abort();
    }
    const std::size_t place = (data[0] | std::size_t{data[1]} << 8U) % file.size();
    file[place] = static_cast<char>(static_cast<unsigned char>(file[place]) ^ (data[2] | 1U));
    const auto left = records_in(file);
    if (left.size() > records.size() ||
        !std::ranges::equal(left, std::span(records).first(left.size()))) {
        std::abort();
    }
    return 0;
}
