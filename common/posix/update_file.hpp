// common/posix: small files that several processes change: under a lock, replaced in one step.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"

namespace steward::posix {

/// The whole file; nothing: there is none. Errors: Io, also when it has more than `bytes_max`.
[[nodiscard]] base::Expected<std::optional<std::string>> read_small_file(const std::string& path,
                                                                         std::size_t bytes_max);

/// What it is given is empty when there is no file.
using Change = std::function<base::Expected<std::string>(std::string_view before)>;

/// Gives the file to `change` and replaces it by what that returns. Others that do so wait
/// meanwhile, for a lock on `path`.lock, and whoever reads sees the old or the new. It is on the
/// disk when this returns. What root changes stays the owner's: the old file's, or the folder's
/// when there was none or it was root's. Errors: Io; those of `change`, and nothing is changed.
[[nodiscard]] base::Expected<void> update_file(const std::string& path,
                                               std::size_t bytes_max,
                                               const Change& change);

}  // namespace steward::posix
