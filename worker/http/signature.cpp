#include "worker/http/signature.hpp"

#include <array>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <optional>

namespace steward::worker::http {
namespace {

constexpr std::string_view kPrefix = "whsec_";

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());  // NOLINT: OpenSSL's bytes
}

std::string to_base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    auto* out = reinterpret_cast<unsigned char*>(text.data());  // NOLINT: OpenSSL's bytes
    const int size = EVP_EncodeBlock(out, bytes_of(bytes), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::string bytes(3 * (text.size() / 4) + 3, '\0');
    auto* out = reinterpret_cast<unsigned char*>(bytes.data());  // NOLINT: OpenSSL's bytes
    const int size = text.size() % 4 == 0
                         ? EVP_DecodeBlock(out, bytes_of(text), static_cast<int>(text.size()))
                         : -1;
    if (size < static_cast<int>(padding)) {
        return std::nullopt;
    }
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

std::string_view trimmed(std::string_view line) {
    while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') {
        line.remove_suffix(1);
    }
    while (!line.empty() && static_cast<unsigned char>(line.front()) <= ' ') {
        line.remove_prefix(1);
    }
    return line;
}

base::Unexpected bad(const std::string& why) {
    return base::fail(base::Errc::BadConfig, "the file of --secret " + why);
}

}  // namespace

base::Expected<std::vector<std::string>> parse_secrets(std::string_view text) {
    std::vector<std::string> secrets;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const auto secret = line.starts_with(kPrefix) ? from_base64(line.substr(kPrefix.size()))
                                                      : std::optional<std::string>(line);
        if (!secret) {
            return bad("has a secret whose base64 behind whsec_ is not valid");
        }
        if (secret->size() < kSecretBytesMin) {
            return bad("has a secret of fewer than " + std::to_string(kSecretBytesMin) + " bytes");
        }
        secrets.push_back(*secret);
    }
    if (secrets.empty() || secrets.size() > kSecretsMax) {
        return bad("holds from 1 to " + std::to_string(kSecretsMax) +
                   " secrets, one a line; it has " + std::to_string(secrets.size()));
    }
    return secrets;
}

std::string signature_of(const std::vector<std::string>& secrets,
                         std::string_view id,
                         std::int64_t seconds,
                         std::string_view body) {
    std::string content(id);
    content += '.' + std::to_string(seconds) + '.';
    content += body;
    std::string signature;
    for (const std::string& secret : secrets) {
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned int size = 0;
        HMAC(EVP_sha256(),
             secret.data(),
             static_cast<int>(secret.size()),
             bytes_of(content),
             content.size(),
             digest.data(),
             &size);
        const std::string_view bytes(reinterpret_cast<const char*>(digest.data()),
                                     size);  // NOLINT: OpenSSL's bytes
        signature += (signature.empty() ? "v1," : " v1,") + to_base64(bytes);
    }
    return signature;
}

}  // namespace steward::worker::http
