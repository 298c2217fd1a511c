// gateway/access/file: tokens from the disk. Apart from the rest of the room, which touches
// nothing.
#pragma once

#include <string>

#include "common/base/expected.hpp"
#include "gateway/access/tokens.hpp"

namespace steward::gateway {

/// Reads a file of tokens. It must be a plain file of the process's own user or of root which
/// nobody else may read or write: hashes of weak secrets can be tried out, and who may write it may
/// let himself in. Errors: Io when it cannot be read; BadConfig for its owner or permissions, for
/// more than
///         config::kFileBytesMax, and as Tokens::parse().
[[nodiscard]] base::Expected<Tokens> read_token_file(const std::string& path);

}  // namespace steward::gateway
