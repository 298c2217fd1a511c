// common/posix: a secret that was agreed on before, from a file: who knows it may ask for more. It
// is never an argument, never printed and never logged.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/expected.hpp"

namespace steward::posix {

inline constexpr std::size_t kSecretBytesMin = 16;
inline constexpr std::size_t kSecretBytesMax = 1024;

/// Thread: any.
class Secret {
public:
    /// The first line of a file that read_secret_file() takes: nobody else may read or write it.
    /// Errors: as of that; BadConfig for a secret of less than kSecretBytesMin or more than
    /// kSecretBytesMax bytes.
    [[nodiscard]] static base::Expected<Secret> read(const std::string& path);

    /// The file that `path` names; where that is empty the one that STEWARD_ADMIN_SECRET_FILE
    /// names, or systemd's credential "steward-admin-secret". Nothing when there is none of them.
    /// `environment` is like getenv. Errors: as of read().
    [[nodiscard]] static base::Expected<std::optional<Secret>> find(
        const std::string& path, const std::function<const char*(const char*)>& environment);

    /// In the same time wherever the first difference is.
    [[nodiscard]] bool matches(std::string_view given) const;

    /// To be sent to whom it is meant for, and for nothing else.
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    explicit Secret(std::string text) : text_(std::move(text)) {}

    std::string text_;
};

}  // namespace steward::posix
