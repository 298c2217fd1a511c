// tests: a disk in memory that behaves as badly as disks may. What was not synced may be lost, all
// of it, some writes or parts of them; it fills up, fails to sync, and bits rot.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/store/disk.hpp"
#include "common/base/prng.hpp"

namespace steward::store::testing {

class FakeDisk final : public Disk {
public:
    FakeDisk() = default;
    ~FakeDisk() override = default;
    /// A disk of the same content, to try things with; files that are open stay those of `other`.
    FakeDisk(const FakeDisk& other);
    FakeDisk& operator=(const FakeDisk&) = delete;

    /// What a loss of power leaves: of each file what was synced, and a random part of the rest.
    void lose_power(base::Prng& random);

    /// Bytes that all files together may have.
    void set_room(std::uint64_t bytes) { room_ = bytes; }

    /// After so many more syncs one fails, and with it all later ones.
    void fail_sync_after(std::uint64_t syncs) { syncs_left_ = syncs; }

    void flip_bit(const std::string& name, std::uint64_t bit);

    [[nodiscard]] std::string& content(const std::string& name) { return files_.at(name)->now; }

    [[nodiscard]] std::uint64_t size_of(const std::string& name) const {
        return files_.at(name)->now.size();
    }

    /// Up to where it was synced before the last sync that made more of it safe: what was written
    /// in between knows of that.
    [[nodiscard]] std::uint64_t known_as_safe(const std::string& name) const {
        return files_.at(name)->synced_before;
    }

    [[nodiscard]] std::vector<std::string> names() const;
    [[nodiscard]] std::uint64_t bytes() const;

    // ---- Disk ----
    base::Expected<std::vector<std::string>> list() override { return names(); }

    base::Expected<std::unique_ptr<ReadableFile>> open_to_read(const std::string& name) override;
    base::Expected<std::unique_ptr<File>> open_file(const std::string& name) override;
    base::Expected<void> remove(const std::string& name) override;
    base::Expected<void> rename(const std::string& from, const std::string& to) override;
    base::Expected<void> sync_names() override;

    [[nodiscard]] std::string path_of(const std::string& name) const override {
        return "disk/" + name;
    }

private:
    struct Write {
        std::uint64_t offset = 0;
        std::string bytes;
        bool is_truncation = false;
    };

    struct Content {
        std::string now;
        std::string safe;
        std::vector<Write> unsafe;        // since `safe`, in order
        std::uint64_t synced = 0;         // so many bytes, by the last sync
        std::uint64_t synced_before = 0;  // by the last one that had fewer
    };

    class Handle;
    using Names = std::map<std::string, std::shared_ptr<Content>>;

    static void apply(std::string& content, const Write& write);
    [[nodiscard]] base::Expected<void> sync(Content& content);

    Names files_;
    Names safe_names_;
    std::uint64_t room_ = UINT64_MAX;
    std::uint64_t syncs_left_ = UINT64_MAX;
};

}  // namespace steward::store::testing
