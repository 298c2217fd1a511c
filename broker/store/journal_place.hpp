// broker/store: where a journal lies when nothing else is said. For the broker's settings and for
// tools that look for its files.
#pragma once

#include <string>

namespace steward::store {

inline constexpr const char* kDataDirDefault = "data";
inline constexpr const char* kFolderDefault = "journal";

/// `folder` within `data_dir`, unless it begins with '/'.
[[nodiscard]] inline std::string journal_path(const std::string& data_dir,
                                              const std::string& folder) {
    return folder.starts_with('/') ? folder : data_dir + "/" + folder;
}

}  // namespace steward::store
