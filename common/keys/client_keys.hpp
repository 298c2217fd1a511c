// common/keys: the folder of those who may connect to the broker: one public file each.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/expected.hpp"

namespace steward::keys {

/// What a public file holds (docs/security.md): written by `steward keygen`, given to the other
/// side. That of a server has no more than name and key.
struct ClientKey {
    std::string name;                      // in logs, listings and the audit log
    std::string public_key;                // Z85; empty: known by its users alone
    std::vector<std::string> local_users;  // who is this client over local streams: names or uids
    std::vector<std::string> grants;       // as written; their meaning is in grants.hpp
    std::string file;                      // where it stands

    bool operator==(const ClientKey&) const = default;
};

inline constexpr std::size_t kClientsMax = 10'000;  // files in the folder
inline constexpr std::size_t kUsersPerClientMax = 64;
inline constexpr std::size_t kKeyTextBytes = 40;  // of a key in Z85: 32 bytes

/// Errors: BadConfig with the place; Io.
[[nodiscard]] base::Expected<ClientKey> read_public_file(const std::string& path);

/// All files of the folder that end in ".pub", by name. Nobody but root, the broker's user and
/// their groups may write the folder or the files: who can, lets himself in.
/// Errors: BadConfig for a file that cannot be understood, a name or key that stands there twice,
///         more than kClientsMax files, a folder or file that everybody may write; Io.
[[nodiscard]] base::Expected<std::vector<ClientKey>> read_client_keys(const std::string& folder);

}  // namespace steward::keys
