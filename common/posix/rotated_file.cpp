#include "common/posix/rotated_file.hpp"

#include <cstdio>
#include <utility>

namespace steward::posix {

base::Expected<RotatedFile> RotatedFile::open(RotatedOptions options) {
    auto file = AppendFile::open(options.path);
    if (!file) {
        return base::Unexpected(std::move(file.error()));
    }
    return RotatedFile(std::move(options), std::move(*file));
}

base::Expected<void> RotatedFile::append(std::string_view lines) {
    const bool is_full = file_.size() > 0 && file_.size() + lines.size() > options_.bytes_max;
    if (is_full || !file_.is_open()) {
        if (auto rotated = rotate(); !rotated) {
            return rotated;
        }
    }
    return file_.append(lines);
}

// The newest becomes .1, .1 becomes .2, and the last is overwritten.
base::Expected<void> RotatedFile::rotate() {
    const auto name = [&](std::uint32_t age) {
        return age == 0 ? options_.path : options_.path + "." + std::to_string(age);
    };
    if (file_.is_open()) {
        file_ = {};
        for (std::uint32_t age = options_.files_max - 1; age > 0; --age) {
            // A gap in the row, as at first, is no failure.
            [[maybe_unused]] const int rc = std::rename(name(age - 1).c_str(), name(age).c_str());
        }
        if (options_.files_max == 1) {
            std::remove(options_.path.c_str());
        }
    }
    auto file = AppendFile::open(options_.path);
    if (!file) {
        return base::Unexpected(std::move(file.error()));
    }
    file_ = std::move(*file);
    return {};
}

}  // namespace steward::posix
