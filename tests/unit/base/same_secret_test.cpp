// tests: secrets are the same or not, wherever they differ and however long they are.
#include "common/base/same_secret.hpp"

#include <string>

#include <doctest/doctest.h>

TEST_CASE("Secrets are the same when each byte is, and they are of one length") {
    using steward::base::same_secret;
    const std::string known("a\0secret", 8);
    CHECK(same_secret(known, known));
    CHECK(same_secret("", ""));
    for (std::size_t at = 0; at < known.size(); ++at) {
        std::string given = known;
        given[at] = static_cast<char>(given[at] ^ '\x80');
        CHECK_FALSE(same_secret(known, given));
        CHECK_FALSE(same_secret(known, known.substr(0, at)));
    }
    CHECK_FALSE(same_secret(known, known + '\0'));
    CHECK_FALSE(same_secret("", known));
}
