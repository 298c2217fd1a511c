#include "common/access/session_scope.hpp"

#include <array>
#include <openssl/evp.h>
#include <string>

#include "common/base/assert.hpp"
#include "common/base/bytes.hpp"

namespace steward::access {

std::uint64_t scoped_session(std::string_view key, std::uint64_t session) {
    if (session == 0) {
        return 0;
    }
    std::string text;
    base::put_le(text, session);
    text += key;
    std::array<char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const int done = EVP_Digest(text.data(),
                                text.size(),
                                reinterpret_cast<unsigned char*>(digest.data()),
                                &size,
                                EVP_sha256(),
                                nullptr);
    std::string_view bytes(digest.data(), size);
    std::uint64_t scoped = 0;
    STEWARD_ASSERT(done == 1 && base::get_le(bytes, scoped));
    return scoped != 0 ? scoped : 1;
}

}  // namespace steward::access
