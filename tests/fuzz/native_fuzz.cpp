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

// The same with submissions and ends in places that are used again, and those that are like them
// taken the short way.
std::vector<Command> read_in_places(const wire::Frames& frames) {
    std::vector<Command> commands;
    Submit submit;
    Finish finish;
    Assign assign;
    BatchReader reader(frames);
    while (true) {
        if (reader.next_assign(assign)) {
            commands.emplace_back(assign);
            continue;
        }
        const BatchReader::Step step = reader.begin();
        bool taken = false;
        if (step == BatchReader::Step::End) {
            return commands;
        }
        if (step == BatchReader::Step::Fault) {
            STEWARD_ASSERT(!reader.error().message.empty());
            return commands;
        }
        if (reader.type() == Type::Submit) {
            taken = reader.take(SubmitPlace{submit.number, submit.again, submit.spec});
            if (taken) {
                commands.emplace_back(submit);
                Submit alike = submit;
                alike.again = false;
                while (reader.next_alike(alike.number, alike.spec.service, alike.spec.params)) {
                    commands.emplace_back(alike);
                }
            }
        } else if (reader.type() == Type::Finish) {
            taken = reader.take(FinishPlace{finish.attempt, finish.outcome, finish.run_time});
            if (taken) {
                commands.emplace_back(finish);
                Finish next;
                while (reader.next_success(next.attempt, next.outcome.result, next.run_time)) {
                    commands.emplace_back(next);
                }
            }
        } else {
            Command command;
            taken = reader.take(command);
            if (taken) {
                commands.push_back(std::move(command));
            }
        }
        if (!taken && !reader.refused_number()) {
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

    STEWARD_ASSERT(read_in_places(frames) == commands);

    BatchWriter writer;
    for (const Command& command : commands) {
        writer.add(command);
        STEWARD_ASSERT(read(writer.take()) == std::vector<Command>{command});
    }
    return 0;
}
