#include "tests/unit/store/fake_disk.hpp"

#include <algorithm>

namespace steward::store::testing {

class FakeDisk::Handle final : public File {
public:
    Handle(FakeDisk& disk, std::shared_ptr<Content> content)
        : disk_(disk), content_(std::move(content)) {}

    base::Expected<void> write(std::uint64_t offset, std::string_view bytes) override {
        const std::uint64_t used = disk_.bytes();
        const std::uint64_t grown =
            std::max<std::uint64_t>(content_->now.size(), offset + bytes.size()) -
            content_->now.size();
        const std::uint64_t left = disk_.room_ - std::min(disk_.room_, used);
        const bool is_full = grown > left;
        const std::size_t lacking = is_full ? static_cast<std::size_t>(grown - left) : 0;
        const std::string_view fitting =
            bytes.substr(0, bytes.size() - std::min(lacking, bytes.size()));
        const Write done{offset, std::string(fitting)};
        apply(content_->now, done);
        content_->unsafe.push_back(done);
        if (is_full) {
            return base::fail(base::Errc::DiskFull, "the fake disk is full");
        }
        return {};
    }

    base::Expected<std::string> read(std::uint64_t offset, std::size_t bytes_max) override {
        const std::uint64_t from = std::min<std::uint64_t>(offset, content_->now.size());
        return content_->now.substr(static_cast<std::size_t>(from), bytes_max);
    }

    base::Expected<void> sync() override { return disk_.sync(*content_); }

    base::Expected<void> truncate(std::uint64_t size) override {
        const Write done{size, {}, true};
        apply(content_->now, done);
        content_->unsafe.push_back(done);
        return {};
    }

    base::Expected<std::uint64_t> size() override { return content_->now.size(); }

private:
    FakeDisk& disk_;
    std::shared_ptr<Content> content_;
};

// A file has up to two names: one that is safe and one that is not yet.
FakeDisk::FakeDisk(const FakeDisk& other) : room_(other.room_), syncs_left_(other.syncs_left_) {
    std::map<const Content*, std::shared_ptr<Content>> copies;
    const auto copied = [&](const Names& names) {
        Names out;
        for (const auto& [name, content] : names) {
            auto& copy = copies[content.get()];
            if (copy == nullptr) {
                copy = std::make_shared<Content>(*content);
            }
            out[name] = copy;
        }
        return out;
    };
    files_ = copied(other.files_);
    safe_names_ = copied(other.safe_names_);
}

void FakeDisk::apply(std::string& content, const Write& write) {
    const auto offset = static_cast<std::size_t>(write.offset);
    if (write.is_truncation) {
        content.resize(offset);
        return;
    }
    if (content.size() < offset + write.bytes.size()) {
        content.resize(offset + write.bytes.size());
    }
    content.replace(offset, write.bytes.size(), write.bytes);
}

base::Expected<void> FakeDisk::sync(Content& content) {
    if (syncs_left_ == 0) {
        return base::fail(base::Errc::Io, "the fake disk cannot sync");
    }
    --syncs_left_;
    content.safe = content.now;
    content.unsafe.clear();
    if (content.now.size() != content.synced) {
        content.synced_before = std::min<std::uint64_t>(content.synced, content.now.size());
        content.synced = content.now.size();
    }
    return {};
}

void FakeDisk::lose_power(base::Prng& random) {
    // Each new name or removal may have reached the disk or not, in any combination.
    Names left = safe_names_;
    for (const auto& [name, content] : files_) {
        const auto known = safe_names_.find(name);
        if ((known == safe_names_.end() || known->second != content) && random.chance(1, 2)) {
            left[name] = content;
        }
    }
    for (const auto& [name, content] : safe_names_) {
        if (!files_.contains(name) && random.chance(1, 2)) {
            left.erase(name);
        }
    }
    for (const auto& [name, content] : left) {
        std::string survived = content->safe;
        for (Write write : content->unsafe) {
            if (random.chance(1, 3)) {
                continue;
            }
            if (!write.is_truncation && random.chance(1, 3)) {
                write.bytes.resize(static_cast<std::size_t>(random.below(write.bytes.size() + 1)));
            }
            apply(survived, write);
        }
        content->now = survived;
        content->safe = survived;
        content->unsafe.clear();
    }
    files_ = left;
    safe_names_ = left;
}

void FakeDisk::flip_bit(const std::string& name, std::uint64_t bit) {
    char& byte = content(name).at(static_cast<std::size_t>(bit / 8));
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit % 8)));
}

std::vector<std::string> FakeDisk::names() const {
    std::vector<std::string> names;
    for (const auto& [name, content] : files_) {
        names.push_back(name);
    }
    return names;
}

std::uint64_t FakeDisk::bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& [name, content] : files_) {
        bytes += content->now.size();
    }
    return bytes;
}

base::Expected<std::unique_ptr<ReadableFile>> FakeDisk::open_to_read(const std::string& name) {
    const auto found = files_.find(name);
    return found == files_.end() ? nullptr : std::make_unique<Handle>(*this, found->second);
}

base::Expected<std::unique_ptr<File>> FakeDisk::open_file(const std::string& name) {
    auto& content = files_[name];
    if (content == nullptr) {
        content = std::make_shared<Content>();
    }
    return std::make_unique<Handle>(*this, content);
}

base::Expected<void> FakeDisk::remove(const std::string& name) {
    files_.erase(name);
    return {};
}

base::Expected<void> FakeDisk::rename(const std::string& from, const std::string& to) {
    files_[to] = files_.at(from);
    files_.erase(from);
    return {};
}

base::Expected<void> FakeDisk::sync_names() {
    if (syncs_left_ == 0) {
        return base::fail(base::Errc::Io, "the fake disk cannot sync");
    }
    --syncs_left_;
    safe_names_ = files_;
    return {};
}

}  // namespace steward::store::testing
