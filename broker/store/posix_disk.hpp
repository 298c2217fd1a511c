// broker/store: a folder of the system's file system.
#pragma once

#include <string>

#include "broker/store/disk.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::store {

/// One process at a time: the folder is locked for as long as this lives.
class PosixDisk final : public Disk {
public:
    /// Makes the folder when there is none.
    /// Errors: Io, also when another process has the folder locked.
    [[nodiscard]] static base::Expected<std::unique_ptr<PosixDisk>> open(const std::string& folder);

    base::Expected<std::vector<std::string>> list() override;
    base::Expected<std::unique_ptr<ReadableFile>> open_to_read(const std::string& name) override;
    base::Expected<std::unique_ptr<File>> open_file(const std::string& name) override;
    base::Expected<void> remove(const std::string& name) override;
    base::Expected<void> rename(const std::string& from, const std::string& to) override;
    base::Expected<void> sync_names() override;

    [[nodiscard]] std::string path_of(const std::string& name) const override;

private:
    PosixDisk(std::string folder, posix::UniqueFd lock)
        : folder_(std::move(folder)), lock_(std::move(lock)) {}

    std::string folder_;
    posix::UniqueFd lock_;
};

}  // namespace steward::store
