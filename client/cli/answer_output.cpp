#include "client/cli/answer_output.hpp"

#include <string>
#include <utility>

namespace steward::cli {

namespace {

using nlohmann::json;

// Bytes that are no structured value go out as they are, for pipes.
void print_value(Console& console, const client::Answer& answer) {
    switch (answer.payload().encoding) {
        case model::Encoding::Absent: return;
        case model::Encoding::Opaque:
        case model::Encoding::Frames:
            console.out << (console.out_is_terminal ? harmless(answer.bytes())
                                                    : std::string(answer.bytes()))
                        << (console.out_is_terminal ? "\n" : "") << std::flush;
            return;
        case model::Encoding::Json:
        case model::Encoding::Msgpack:
        case model::Encoding::Php: break;
    }
    const model::Payload text = wire::convert_params(answer.payload(), model::Encoding::Json);
    const auto value = wire::decode_params(text);
    if (console.out_is_terminal && value) {
        console.out << value->dump(2, ' ', false, json::error_handler_t::replace) << '\n';
    } else {
        console.out << text.bytes.view() << '\n';
    }
    console.out << std::flush;
}

}  // namespace

json value_of(const client::Answer& answer) {
    auto value = wire::decode_params(wire::convert_params(answer.payload(), model::Encoding::Json));
    return value ? std::move(*value) : json(nullptr);
}

void print_answer(Console& console,
                  const Settings& settings,
                  const char* name,
                  const client::Answer& answer) {
    if (!settings.as_json) {
        print_value(console, answer);
        return;
    }
    print_json(console, {{"job", answer.job().text()}, {name, value_of(answer)}});
    console.out << std::flush;
}

void print_progress(Console& console, const Settings& settings, const client::Progress& progress) {
    if (settings.as_json) {
        print_json(
            console,
            {{"job", progress.job.text()},
             {"progress",
              {{"done", progress.done}, {"total", progress.total}, {"text", progress.text}}}});
        console.out << std::flush;
    } else if (console.err_is_terminal) {
        console.err << "steward: " << progress.done;
        if (progress.total != 0) {
            console.err << " of " << progress.total;
        }
        console.err << (progress.text.empty() ? "" : ": ") << harmless(progress.text) << '\n'
                    << std::flush;
    }
}

}  // namespace steward::cli
