#include "common/keys/key_text.hpp"

#include <algorithm>

namespace steward::keys {
namespace {

constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr std::string_view kNameCharacters =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-@";
constexpr std::size_t kNameMax = 64;
constexpr std::size_t kGrantBytesMax = 1024;

base::Unexpected refused(std::string message) {
    return base::fail(base::Errc::BadConfig, std::move(message));
}

bool consists_of(std::string_view text, std::string_view characters) {
    return text.find_first_not_of(characters) == std::string_view::npos;
}

}  // namespace

base::Expected<void> check_key(std::string_view text) {
    if (text.size() != kKeyTextBytes || !consists_of(text, kZ85)) {
        return refused("a key is 40 characters of Z85, as `steward keygen` writes it");
    }
    return {};
}

base::Expected<void> check_name(std::string_view text) {
    if (text.empty() || text.size() > kNameMax || !consists_of(text, kNameCharacters) ||
        text.starts_with('.') || text.starts_with('-')) {
        return refused(
            "a key's name has 1 to 64 letters, digits and . _ - @, and begins with none "
            "of . and -");
    }
    if (text == "anonymous" || text == "owner") {
        return refused("the names anonymous and owner belong to the broker");
    }
    return {};
}

config::Section key_section(ClientKey& client) {
    return {"key",
            "One key.",
            {{.key = "name",
              .target = &client.name,
              .doc = "Who this is, in logs and listings.",
              .check = &check_name},
             {.key = "public_key",
              .target = &client.public_key,
              .doc = "Its public half.",
              .check = &check_key},
             {.key = "local_users",
              .target = &client.local_users,
              .doc = "Users of the broker's machine who are this client without a key.",
              .min = 1,
              .max = 64},
             {.key = "grants",
              .target = &client.grants,
              .doc = "What it may do.",
              .min = 1,
              .max = kGrantBytesMax}}};
}

}  // namespace steward::keys
