// tests: the native codec on any bytes. The input is what follows the magic in frame 0; two payload
// frames stand beside it. What is read must be written again to bytes that mean the same.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/assert.hpp"
#include "common/model/limits.hpp"
#include "common/wire/native.hpp"

namespace {

using namespace steward;
using namespace steward::wire::native;

// The commands up to the first error that voids the rest.
std::vector<Command> read(const wire::Frames& frames) {
    std::vector<Command> commands;
    BatchReader reader(frames);
    for (;;) {
        auto next = reader.next();
        if (next && next->has_value()) {
            commands.push_back(std::move(**next));
        } else if (next || !reader.refused_number()) {
            STEWARD_ASSERT(next || !next.error().message.empty());
            return commands;
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string control(kMagic);
    control.append(reinterpret_cast<const char*>(data), size);
    const wire::Frames frames = {base::Blob::copy(control),
                                 base::Blob::copy("short"),
                                 base::Blob::copy(std::string(kInlinePayloadBytesMax + 1, 'x'))};
    STEWARD_ASSERT(is_native(frames));
    const std::vector<Command> commands = read(frames);
    STEWARD_ASSERT(commands.size() <= model::kCommandsPerBatchMax);

    BatchWriter writer;
    for (const Command& command : commands) {
        writer.add(command);
        STEWARD_ASSERT(read(writer.take()) == std::vector<Command>{command});
    }
    return 0;
}
