#include "common/posix/secret.hpp"

#include <algorithm>
#include <unistd.h>

#include "common/base/same_secret.hpp"
#include "common/posix/secret_file.hpp"

namespace steward::posix {
namespace {

constexpr const char* kVariable = "STEWARD_ADMIN_SECRET_FILE";
constexpr const char* kSecretName = "steward-admin-secret";
constexpr std::size_t kFileBytesMax = 4096;  // the secret, and remarks below it

}  // namespace

base::Expected<Secret> Secret::read(const std::string& path) {
    auto text = read_secret_file(path, "file of the admin secret", kFileBytesMax);
    if (!text) {
        return base::Unexpected(std::move(text.error()));
    }
    text->erase(std::min(text->find('\n'), text->size()));
    if (text->size() < kSecretBytesMin || text->size() > kSecretBytesMax) {
        return base::fail(base::Errc::BadConfig,
                          path + ": the admin secret has " + std::to_string(kSecretBytesMin) +
                              " to " + std::to_string(kSecretBytesMax) +
                              " bytes in the first line of its file; this one holds " +
                              std::to_string(text->size()) + " bytes");
    }
    return Secret(*std::move(text));
}

base::Expected<std::optional<Secret>> Secret::find(
    const std::string& path, const std::function<const char*(const char*)>& environment) {
    std::string found = path;
    const auto value_of = [&](const char* name) {
        const char* value = environment(name);
        return std::string(value == nullptr ? "" : value);
    };
    if (found.empty()) {
        found = value_of(kVariable);
    }
    if (found.empty()) {
        const std::string folder = value_of("CREDENTIALS_DIRECTORY");
        if (!folder.empty() && ::access((folder + '/' + kSecretName).c_str(), F_OK) == 0) {
            found = std::string("credential:") + kSecretName;
        }
    }
    if (found.empty()) {
        return std::nullopt;
    }
    return read(found).map([](Secret&& secret) { return std::optional(std::move(secret)); });
}

bool Secret::matches(std::string_view given) const {
    return base::same_secret(text_, given);
}

}  // namespace steward::posix
