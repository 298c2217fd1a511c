// Fuzz entry: a lifecycle log, as `steward replay` reads it. Any line is an event or is counted.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "client/cli/replay_plan.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    steward::cli::ReplayLog log;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        log.read(text.substr(at, end - at));
        at = end + 1;
    }
    (void)log.unfinished({});
    return 0;
}
