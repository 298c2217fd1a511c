// gateway/access: bearer tokens: who may come in, and as what. The secrets themselves are nowhere
// in the program; of each it knows the SHA-256.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"
#include "gateway/access/digest.hpp"
#include "gateway/access/roles.hpp"

namespace steward::gateway {

inline constexpr std::size_t kTokensMax = 1000;
inline constexpr std::size_t kTokenNameBytesMax = 64;
inline constexpr std::size_t kSecretBytesMax = 1024;  // longer ones are none

/// The tokens of one file:
///
///     [[token]]
///     name = "ci"
///     roles = ["read", "submit"]
///     sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
///
/// and, as in the file of a broker's key, submit, channels, groups and priority_max.
///
/// A secret should be long and by chance, for a SHA-256 is tried out quickly:
/// `openssl rand -hex 32`, and `printf %s SECRET | sha256sum` for the file.
class Tokens {
public:
    Tokens() = default;

    /// `name` is the file's, for errors, which show no secret and no hash.
    /// Errors: BadConfig with the place; names and secrets that come twice, no roles.
    [[nodiscard]] static base::Expected<Tokens> parse(std::string_view text,
                                                      const std::string& name);

    /// Whose secret it is, or null. How long it takes tells neither how much of a secret was right
    /// nor whose it is. The view is good for as long as the tokens.
    [[nodiscard]] const Visitor* find(std::string_view secret) const;

    /// The token of this name as it is now, or null.
    [[nodiscard]] const Visitor* named(std::string_view name) const;

    [[nodiscard]] std::size_t size() const { return tokens_.size(); }

    [[nodiscard]] bool empty() const { return tokens_.empty(); }

private:
    struct Token {
        Visitor visitor;
        Digest digest{};
    };

    base::Expected<void> add(Visitor visitor,
                             const std::vector<std::string>& roles,
                             std::string_view hex);

    std::vector<Token> tokens_;
};

/// The secret of `Authorization: Bearer SECRET`, or nothing.
[[nodiscard]] std::optional<std::string_view> bearer_of(std::string_view authorization);

}  // namespace steward::gateway
