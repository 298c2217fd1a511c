#include "common/posix/secret.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/posix/errno_text.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::posix {
namespace {

constexpr const char* kVariable = "STEWARD_ADMIN_SECRET_FILE";
constexpr const char* kCredential = "/steward-admin-secret";

base::Unexpected unusable(const std::string& path, const std::string& why) {
    return base::fail(base::Errc::BadConfig, "the file of the admin secret " + path + " " + why);
}

base::Expected<void> check_owner(const std::string& path, int fd) {
    struct stat facts {};

    if (::fstat(fd, &facts) != 0) {
        return io_error("cannot look at " + path, errno);
    }
    if (!S_ISREG(facts.st_mode)) {
        return unusable(path, "is no plain file");
    }
    if (facts.st_uid != ::geteuid() && facts.st_uid != 0) {
        return unusable(path, "belongs neither to the user of this process nor to root");
    }
    if ((facts.st_mode & 027U) != 0) {
        return unusable(path,
                        "may be read by others or written by its group; chmod 600 makes it "
                        "a secret");
    }
    return {};
}

}  // namespace

base::Expected<Secret> Secret::read(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.is_open()) {
        return io_error("cannot read the admin secret in " + path, errno);
    }
    if (auto checked = check_owner(path, fd.get()); !checked) {
        return base::Unexpected(std::move(checked.error()));
    }
    std::array<char, kSecretBytesMax + 2> buffer{};  // one line end, and one byte too many
    std::size_t filled = 0;
    while (filled < buffer.size()) {
        const ssize_t got = ::read(fd.get(), buffer.data() + filled, buffer.size() - filled);
        if (got < 0) {
            return io_error("cannot read the admin secret in " + path, errno);
        }
        if (got == 0) {
            break;
        }
        filled += static_cast<std::size_t>(got);
    }
    std::string text(buffer.data(), filled);
    text.erase(std::min(text.find('\n'), text.size()));
    if (text.size() < kSecretBytesMin || text.size() > kSecretBytesMax) {
        return unusable(path,
                        "holds " + std::to_string(text.size()) + " bytes in its first line; " +
                            std::to_string(kSecretBytesMin) + " to " +
                            std::to_string(kSecretBytesMax) + " make a secret");
    }
    return Secret(std::move(text));
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
        const std::string credential = folder.empty() ? "" : folder + kCredential;
        if (!credential.empty() && ::access(credential.c_str(), F_OK) == 0) {
            found = credential;
        }
    }
    if (found.empty()) {
        return std::nullopt;
    }
    return read(found).map([](Secret&& secret) { return std::optional(std::move(secret)); });
}

bool Secret::matches(std::string_view given) const {
    unsigned difference = given.size() == text_.size() ? 0 : 1;
    for (std::size_t i = 0; i < text_.size(); ++i) {
        const char theirs = i < given.size() ? given[i] : '\0';
        difference |= static_cast<unsigned>(static_cast<unsigned char>(text_[i]) ^
                                            static_cast<unsigned char>(theirs));
    }
    return difference == 0;
}

}  // namespace steward::posix
