#include "broker/store/checkpoint_file.hpp"

#include <string>
#include <vector>

namespace steward::store {
namespace {

constexpr std::size_t kCommitBytes = 1UL << 20U;

// Commits of about a megabyte, written one after the other.
class CheckpointWriter {
public:
    explicit CheckpointWriter(File& file) : file_(file) {}

    base::Expected<void> begin(const LogPosition& at) {
        return write(encode_header({FileKind::Checkpoint, at.file, at.record}));
    }

    base::Expected<void> put(std::string_view record) {
        bytes_ += record;
        ends_.push_back(bytes_.size());
        return bytes_.size() < kCommitBytes ? base::Expected<void>() : flush();
    }

    base::Expected<void> finish() {
        if (auto done = flush(); !done) {
            return done;
        }
        put_end_mark(commit_, next_);
        if (auto done = write_commit(); !done) {
            return done;
        }
        return file_.sync();
    }

private:
    base::Expected<void> flush() {
        if (ends_.empty()) {
            return {};
        }
        std::vector<std::string_view> records;
        std::size_t from = 0;
        for (const std::size_t end : ends_) {
            records.push_back(std::string_view(bytes_).substr(from, end - from));
            from = end;
        }
        put_commit(commit_, next_, records);
        next_ += records.size();
        bytes_.clear();
        ends_.clear();
        return write_commit();
    }

    base::Expected<void> write_commit() {
        seal_commits(commit_, 0);
        auto written = write(commit_);
        commit_.clear();
        return written;
    }

    base::Expected<void> write(std::string_view bytes) {
        auto written = file_.write(offset_, bytes);
        offset_ += bytes.size();
        return written;
    }

    File& file_;
    std::uint64_t offset_ = 0;
    std::uint64_t next_ = 1;
    std::string bytes_;
    std::vector<std::size_t> ends_;
    std::string commit_;
};

}  // namespace

base::Expected<void> write_checkpoint_file(File& file,
                                           const LogPosition& at,
                                           const StateWriter& write_state) {
    CheckpointWriter writer(file);
    return writer.begin(at)
        .and_then([&] {
            return write_state([&](std::string_view record) { return writer.put(record); });
        })
        .and_then([&] { return writer.finish(); });
}

}  // namespace steward::store
