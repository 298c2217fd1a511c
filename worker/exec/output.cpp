#include "worker/exec/output.hpp"

#include <utility>

#include "common/base/quantity.hpp"
#include "common/wire/params.hpp"

namespace steward::worker::exec {

base::Expected<Value> value_of(Form form, std::string_view bytes) {
    switch (form) {
        case Form::Text:
            if (bytes.ends_with('\n')) {
                bytes.remove_suffix(1);
            }
            return Value(std::string(bytes));
        case Form::Bytes: return bytes.empty() ? Value() : Value::opaque(bytes);
        case Form::Json: break;
    }
    auto json = wire::decode_params({model::Encoding::Json, base::Blob::copy(bytes)});
    if (!json) {
        return base::fail(base::Errc::BadParams,
                          "the output is no JSON (--result json): " + json.error().message);
    }
    return Value(std::move(*json));
}

base::Expected<void> Output::add(std::string_view bytes) {
    if (settings_.stream == Stream::Chunks) {
        return send(bytes);
    }
    if (gathered_.size() + bytes.size() > settings_.output_bytes_max) {
        return base::fail(base::Errc::TooLarge,
                          std::string(settings_.stream == Stream::Lines ? "a line" : "the output") +
                              " is larger than --output-max of " +
                              base::size_text(settings_.output_bytes_max));
    }
    gathered_ += bytes;
    return settings_.stream == Stream::Lines ? send_lines() : base::Expected<void>{};
}

base::Expected<void> Output::send(std::string_view bytes) {
    auto value = value_of(settings_.form, bytes);
    if (!value) {
        return base::Unexpected(std::move(value.error()));
    }
    send_(*value);
    return {};
}

base::Expected<void> Output::send_lines() {
    std::size_t begin = 0;
    for (std::size_t end = gathered_.find('\n'); end != std::string::npos;
         end = gathered_.find('\n', begin)) {
        if (auto sent = send(std::string_view(gathered_).substr(begin, end - begin)); !sent) {
            return sent;
        }
        begin = end + 1;
    }
    gathered_.erase(0, begin);
    return {};
}

base::Expected<Value> Output::finish() {
    if (settings_.stream == Stream::None) {
        return value_of(settings_.form, gathered_);
    }
    if (!gathered_.empty()) {
        if (auto sent = send(std::exchange(gathered_, {})); !sent) {
            return base::Unexpected(std::move(sent.error()));
        }
    }
    return Value();
}

Value Output::rest() {
    if (settings_.stream != Stream::None || gathered_.empty()) {
        return {};
    }
    return value_of(settings_.form, gathered_).value_or(Value());
}

}  // namespace steward::worker::exec
