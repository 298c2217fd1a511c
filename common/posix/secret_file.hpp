// common/posix: files that hold secrets: read only when nobody else may.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"

namespace steward::posix {

/// "credential:NAME" is the file NAME that systemd made for this service (LoadCredential=, in
/// $CREDENTIALS_DIRECTORY); any other text is a path and stays as it is.
/// Errors: BadConfig when this process was given no credentials, or NAME has a slash.
[[nodiscard]] base::Expected<std::string> secret_path(std::string_view text);

/// A file's mode as people write it: "0640".
[[nodiscard]] std::string mode_text(unsigned mode);

/// The whole of a secret file. `text` goes through secret_path(); `noun` names the file in errors
/// ("file of tokens"). It must be a plain file of this process's own user or of root which nobody
/// else may read or write; systemd's credentials, which systemd guards by an access list that shows
/// as a group's right, may be the group's.
/// Errors: Io when it cannot be read; BadConfig for its kind, owner or mode, naming the command
///         that mends it, and for more than `bytes_max`.
[[nodiscard]] base::Expected<std::string> read_secret_file(std::string_view text,
                                                           std::string_view noun,
                                                           std::size_t bytes_max);

}  // namespace steward::posix
