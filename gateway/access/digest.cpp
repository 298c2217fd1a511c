#include "gateway/access/digest.hpp"

#include <openssl/evp.h>

#include "common/base/assert.hpp"
#include "common/base/same_secret.hpp"

namespace steward::gateway {

Digest sha256_of(std::string_view bytes) {
    Digest digest{};
    unsigned size = 0;
    const int done =
        EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
    STEWARD_ASSERT(done == 1 && size == digest.size());
    return digest;
}

bool same_digest(const Digest& one, const Digest& other) {
    const auto text_of = [](const Digest& digest) {
        const void* const bytes = digest.data();
        return std::string_view(static_cast<const char*>(bytes), digest.size());
    };
    return base::same_secret(text_of(one), text_of(other));
}

}  // namespace steward::gateway
