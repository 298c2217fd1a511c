// common/keys: the keys that this program proves itself with, from their files.
#pragma once

#include <optional>
#include <string>

#include "common/base/expected.hpp"
#include "common/net/curve.hpp"

namespace steward::keys {

/// Where a client or worker has its keys. An empty text is what the environment says,
/// STEWARD_KEY_FILE and STEWARD_SERVER_KEY_FILE; where that says nothing, there are none.
struct KeyFiles {
    std::string own;     // NAME.key, or credential:NAME
    std::string server;  // the broker's .pub

    bool operator==(const KeyFiles&) const = default;
};

/// Errors: BadConfig for a file that cannot be understood, for one that others may read, and when
///         only one of the two is named; Io.
[[nodiscard]] base::Expected<std::optional<net::CurveKeys>> client_keys(const KeyFiles& files);
/// The same of a server, which has only its own.
[[nodiscard]] base::Expected<net::CurveKeys> server_keys(const std::string& file);

/// Where a new pair was written.
struct NewKey {
    std::string public_key;
    std::string secret_file;
    std::string public_file;
};

/// Makes a pair for `name` and writes NAME.key (0600) and NAME.pub into the folder, which is made
/// when it is missing. Errors: BadConfig for the name; Io, also when one of the files is there.
[[nodiscard]] base::Expected<NewKey> make_key(const std::string& name, const std::string& folder);

}  // namespace steward::keys
