// broker/store: a folder of the system's file system that is only looked at. Takes no lock: it may
// be the folder of a broker that runs.
#pragma once

#include <string>

#include "broker/store/disk.hpp"

namespace steward::store {

class PosixFolder final : public ReadableFolder {
public:
    explicit PosixFolder(std::string folder) : folder_(std::move(folder)) {}

    base::Expected<std::vector<std::string>> list() override;
    base::Expected<std::unique_ptr<ReadableFile>> open_to_read(const std::string& name) override;

    [[nodiscard]] std::string path_of(const std::string& name) const override {
        return folder_ + "/" + name;
    }

private:
    std::string folder_;
};

/// Up to `bytes_max` bytes of an open file from `offset`; fewer only at its end. Errors: Io.
[[nodiscard]] base::Expected<std::string> read_at(int fd,
                                                  const std::string& path,
                                                  std::uint64_t offset,
                                                  std::size_t bytes_max);
/// Errors: Io.
[[nodiscard]] base::Expected<std::uint64_t> size_of(int fd, const std::string& path);

}  // namespace steward::store
