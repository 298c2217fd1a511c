// tests/unit/gateway_api: docs/http-api.md names the statuses that the codes have.
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include "gateway/api/problem.hpp"

namespace steward::gateway {

TEST_CASE("docs/http-api.md lists every error code under its status") {
    std::ifstream file(std::string(STEWARD_SOURCE_DIR) + "/docs/http-api.md", std::ios::binary);
    REQUIRE(file.is_open());
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    const auto check = [&](base::Errc code, const std::string& name) {
        const std::string row = "\n| " + std::to_string(status_of(code)) + " |";
        const std::size_t start = page.find(row);
        CHECK_MESSAGE(start != std::string::npos, row);
        if (start != std::string::npos) {
            const std::string line = page.substr(start + 1, page.find('\n', start + 1) - start - 1);
            CHECK_MESSAGE(line.find("`" + name + "`") != std::string::npos, name, " in ", line);
        }
    };
#define X(name, number, kind, meaning) check(base::Errc::name, #name);
#include "common/base/errors.def"
#undef X
}

}  // namespace steward::gateway
