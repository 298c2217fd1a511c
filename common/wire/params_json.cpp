// common/wire: see params_json.hpp.
#include "common/wire/params_json.hpp"

#include <exception>

#include <nlohmann/json.hpp>

#include "common/base/bytes.hpp"
#include "common/wire/json_glance.hpp"
#include "common/wire/json_text.hpp"

namespace steward::wire {
namespace {

using nlohmann::json;

// nlohmann's events to ours. Its parser keeps its own stack of bits, so depth costs it nothing.
class FromNlohmann {
public:
    explicit FromNlohmann(ValueSink* next) : gate_(next) {}

    bool null() { return gate_.null(); }

    bool boolean(bool value) { return gate_.boolean(value); }

    bool number_integer(std::int64_t value) { return gate_.integer(value); }

    bool number_unsigned(std::uint64_t value) { return gate_.natural(value); }

    bool number_float(double value, const std::string&) { return gate_.real(value); }

    bool string(const std::string& value) { return gate_.text(value); }

    bool binary(const json::binary_t&) { return false; }  // not in JSON

    bool start_object(std::size_t size) { return gate_.open_map(size); }

    bool key(const std::string& value) { return gate_.key(value); }

    bool end_object() { return gate_.close(); }

    bool start_array(std::size_t size) { return gate_.open_list(size); }

    bool end_array() { return gate_.close(); }

    bool parse_error(std::size_t byte, const std::string& token, const json::exception&) {
        byte_ = byte;
        token_ = base::printable(token, 40);
        return false;
    }

    [[nodiscard]] base::Unexpected error() const {
        if (!gate_.why().empty()) {
            return base::fail(base::Errc::BadParams,
                              "the params are refused: " + std::string(gate_.why()));
        }
        return bad_params("JSON", byte_, "unexpected \"" + token_ + "\"");
    }

private:
    ParamsGate gate_;
    std::size_t byte_ = 0;
    std::string token_;
};

}  // namespace

base::Expected<void> read_json(std::string_view text, ValueSink* next) {
    if (next == nullptr && is_surely_json(text)) {
        return {};
    }
    FromNlohmann events(next);
    try {
        if (json::sax_parse(text.begin(), text.end(), &events)) {
            return {};
        }
    } catch (const std::exception& error) {
        return bad_params("JSON", 0, base::printable(error.what()));
    }
    return events.error();
}

bool JsonWriter::null() {
    separate();
    out_ += "null";
    return true;
}

bool JsonWriter::boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
    return true;
}

bool JsonWriter::integer(std::int64_t value) {
    separate();
    append_json_integer(out_, value);
    return true;
}

bool JsonWriter::natural(std::uint64_t value) {
    separate();
    append_json_integer(out_, value);
    return true;
}

bool JsonWriter::real(double value) {
    separate();
    append_json_real(out_, value);
    return true;
}

bool JsonWriter::text(std::string_view bytes) {
    separate();
    append_json_string(out_, bytes);
    return true;
}

bool JsonWriter::seconds(base::Duration value) {
    separate();
    append_json_seconds(out_, value);
    return true;
}

bool JsonWriter::open_list(std::size_t) {
    separate();
    out_.push_back('[');
    closers_.push_back(']');
    fresh_ = true;
    return true;
}

bool JsonWriter::open_map(std::size_t) {
    separate();
    out_.push_back('{');
    closers_.push_back('}');
    fresh_ = true;
    return true;
}

bool JsonWriter::key(std::string_view bytes) {
    separate();
    append_json_key(out_, bytes);
    out_.push_back(':');
    fresh_ = true;
    return true;
}

bool JsonWriter::close() {
    out_.push_back(closers_.back());
    closers_.pop_back();
    fresh_ = false;
    return true;
}

void JsonWriter::separate() {
    if (!fresh_) {
        out_.push_back(',');
    }
    fresh_ = false;
}

}  // namespace steward::wire
