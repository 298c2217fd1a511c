// tests/sim: calls of a process that may be killed within each.
#include "tests/sim/mortal_disk.hpp"

namespace steward::sim {
namespace {

base::Unexpected killed() {
    return base::fail(base::Errc::Io, "the process was killed");
}

}  // namespace

bool Lifetime::begin_call() {
    if (is_over_) {
        return false;
    }
    if (calls_left_ == 0) {
        is_over_ = true;
        return false;
    }
    --calls_left_;
    return true;
}

class MortalDisk::Handle final : public store::File {
public:
    Handle(std::unique_ptr<store::File> file,
           std::shared_ptr<Lifetime> life,
           std::shared_ptr<Seen> seen)
        : file_(std::move(file)), life_(std::move(life)), seen_(std::move(seen)) {}

    base::Expected<void> write(std::uint64_t offset, std::string_view bytes) override {
        const bool was_alive = !life_->is_over();
        if (!life_->begin_call()) {
            if (was_alive) {
                (void)file_->write(offset, bytes.substr(0, life_->part_of(bytes.size())));
            }
            return killed();
        }
        auto written = file_->write(offset, bytes);
        seen_->is_full = !written && written.error().code == base::Errc::DiskFull;
        return written;
    }

    base::Expected<std::string> read(std::uint64_t offset, std::size_t bytes_max) override {
        return life_->begin_call() ? file_->read(offset, bytes_max) : killed();
    }

    base::Expected<void> sync() override {
        if (!life_->begin_call()) {
            return killed();
        }
        auto synced = file_->sync();
        seen_->has_failed = seen_->has_failed || !synced;
        return synced;
    }

    base::Expected<void> truncate(std::uint64_t size) override {
        return life_->begin_call() ? file_->truncate(size) : killed();
    }

    base::Expected<std::uint64_t> size() override {
        return life_->begin_call() ? file_->size() : killed();
    }

private:
    std::unique_ptr<store::File> file_;
    std::shared_ptr<Lifetime> life_;
    std::shared_ptr<Seen> seen_;
};

base::Expected<std::vector<std::string>> MortalDisk::list() {
    return life_->begin_call() ? disk_.list() : killed();
}

base::Expected<std::unique_ptr<store::File>> MortalDisk::open_file(const std::string& name) {
    if (!life_->begin_call()) {
        return killed();
    }
    auto file = disk_.open_file(name);
    if (!file) {
        return file;
    }
    return std::make_unique<Handle>(std::move(*file), life_, seen_);
}

base::Expected<void> MortalDisk::remove(const std::string& name) {
    return life_->begin_call() ? disk_.remove(name) : killed();
}

base::Expected<void> MortalDisk::rename(const std::string& from, const std::string& to) {
    return life_->begin_call() ? disk_.rename(from, to) : killed();
}

base::Expected<void> MortalDisk::sync_names() {
    if (!life_->begin_call()) {
        return killed();
    }
    auto synced = disk_.sync_names();
    seen_->has_failed = seen_->has_failed || !synced;
    return synced;
}

}  // namespace steward::sim
