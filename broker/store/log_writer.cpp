#include "broker/store/log_writer.hpp"

#include "broker/store/segment_format.hpp"
#include "common/base/assert.hpp"

namespace steward::store {

base::Expected<void> LogWriter::begin_file(const LogPosition& at) {
    if (file_ != nullptr) {
        if (auto synced = sync(); !synced) {
            return synced;
        }
    }
    auto file = disk_.open_file(file_name(FileKind::Log, at.file));
    if (!file) {
        return base::Unexpected(std::move(file.error()));
    }
    const std::string header = encode_header({FileKind::Log, at.file, at.record});
    if (auto written = (*file)->write(0, header); !written) {
        return written;
    }
    // The name and the header first: commits behind them must not be lost with the name.
    if (auto synced = (*file)->sync(); !synced) {
        return synced;
    }
    if (auto synced = disk_.sync_names(); !synced) {
        return synced;
    }
    file_ = std::move(*file);
    number_ = at.file;
    offset_ = header.size();
    synced_ = header.size();
    return {};
}

base::Expected<void> LogWriter::write(Group& group) {
    if (group.begins_file && number_ != group.at.file) {
        if (auto begun = begin_file(group.at); !begun) {
            return begun;
        }
    }
    STEWARD_ASSERT(file_ != nullptr);
    seal_commits(group.bytes, synced_);
    if (auto written = file_->write(offset_, group.bytes); !written) {
        // What was written of it must not look like a torn end that later commits stand behind.
        if (auto cut = file_->truncate(offset_); !cut) {
            return cut;
        }
        return written;
    }
    offset_ += group.bytes.size();
    return {};
}

base::Expected<void> LogWriter::sync() {
    if (is_synced()) {
        return {};
    }
    if (auto synced = file_->sync(); !synced) {
        return synced;
    }
    synced_ = offset_;
    return {};
}

}  // namespace steward::store
