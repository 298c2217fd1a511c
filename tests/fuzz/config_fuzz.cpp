// Fuzz entry: the broker's configuration and the grants of a key. Any text is settings within their
// bounds, or an error that says something.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "broker/app/options.hpp"
#include "common/access/grants.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace steward;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    app::BrokerOptions options;
    config::Schema schema = app::schema_of(options);
    if (const auto loaded = schema.load(text, "fuzz"); !loaded && loaded.error().message.empty()) {
        std::abort();
    }
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    if (const auto grants = access::Grants::from(lines);
        !grants && grants.error().message.empty()) {
        std::abort();
    }
    return 0;
}
