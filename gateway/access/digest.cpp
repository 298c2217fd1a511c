#include "gateway/access/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/base/assert.hpp"

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
    return CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace steward::gateway
