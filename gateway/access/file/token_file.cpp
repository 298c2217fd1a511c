#include "gateway/access/file/token_file.hpp"

#include "common/config/schema.hpp"
#include "common/posix/secret_file.hpp"

namespace steward::gateway {

base::Expected<Tokens> read_token_file(const std::string& path) {
    return posix::read_secret_file(path, "file of tokens", config::kFileBytesMax)
        .and_then([&](const std::string& text) { return Tokens::parse(text, path); });
}

}  // namespace steward::gateway
