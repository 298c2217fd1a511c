// common/wire: see params_msgpack.hpp.
#include "common/wire/params_msgpack.hpp"

#include <bit>
#include <exception>
#include <string>

#include <msgpack/null_visitor.hpp>
#include <msgpack/unpack.hpp>  // parse.hpp does not stand alone

#include "common/base/bytes.hpp"

namespace steward::wire {
namespace {

// The library's events to ours. It parses with a stack of its own that grows by one small entry a
// level, and the gate stops it at kParamsDepthMax levels.
class FromMsgpack : public msgpack::null_visitor {
public:
    explicit FromMsgpack(ValueSink* next) : gate_(next) {}

    bool visit_nil() { return no_key("nil") && gate_.null(); }

    bool visit_boolean(bool value) { return no_key("a boolean") && gate_.boolean(value); }

    bool visit_positive_integer(std::uint64_t value) {
        return in_key_ ? gate_.key(std::to_string(value)) : gate_.natural(value);
    }

    bool visit_negative_integer(std::int64_t value) {
        return in_key_ ? gate_.key(std::to_string(value)) : gate_.integer(value);
    }

    bool visit_float32(float value) { return visit_float64(static_cast<double>(value)); }

    bool visit_float64(double value) { return no_key("a float") && gate_.real(value); }

    bool visit_str(const char* data, std::uint32_t size) {
        const std::string_view bytes(data, size);
        return in_key_ ? gate_.key(bytes) : gate_.text(bytes);
    }

    bool visit_bin(const char* data, std::uint32_t size) { return visit_str(data, size); }

    bool visit_ext(const char*, std::uint32_t) { return stop("ext types are not supported"); }

    bool start_array(std::uint32_t size) { return no_key("an array") && gate_.open_list(size); }

    bool end_array() { return gate_.close(); }

    bool start_map(std::uint32_t size) { return no_key("a map") && gate_.open_map(size); }

    bool end_map() { return gate_.close(); }

    bool start_map_key() {
        in_key_ = true;
        return true;
    }

    bool end_map_key() {
        in_key_ = false;
        return true;
    }

    void parse_error(std::size_t, std::size_t) { stop("no msgpack type has this byte"); }

    void insufficient_bytes(std::size_t, std::size_t) { stop("the bytes end too early"); }

    [[nodiscard]] std::string_view why() const { return gate_.why().empty() ? why_ : gate_.why(); }

private:
    bool stop(std::string_view why) {
        why_ = why;
        return false;
    }

    bool no_key(std::string_view what) {
        if (in_key_) {
            why_ = std::string(what) + " cannot be a key";
        }
        return !in_key_;
    }

    ParamsGate gate_;
    bool in_key_ = false;
    std::string why_ = "stopped";
};

}  // namespace

base::Expected<void> read_msgpack(std::string_view bytes, ValueSink* next) {
    FromMsgpack events(next);
    std::size_t at = 0;
    try {
        if (!msgpack::parse(bytes.data(), bytes.size(), at, events)) {
            return bad_params("msgpack", at, events.why());
        }
    } catch (const std::exception& error) {
        return bad_params("msgpack", at, base::printable(error.what()));
    }
    if (at != bytes.size()) {
        return bad_params("msgpack", at, "one object is followed by more bytes");
    }
    return {};
}

bool MsgpackEvents::null() {
    out_.nil();
    return true;
}

bool MsgpackEvents::boolean(bool value) {
    out_.boolean(value);
    return true;
}

bool MsgpackEvents::integer(std::int64_t value) {
    out_.integer(value);
    return true;
}

bool MsgpackEvents::natural(std::uint64_t value) {
    out_.unsigned_integer(value);
    return true;
}

bool MsgpackEvents::real(double value) {
    char form[9] = {'\xCB'};
    store_be(form + 1, std::bit_cast<std::uint64_t>(value));
    out_.raw({form, sizeof form});
    return true;
}

bool MsgpackEvents::text(std::string_view bytes) {
    out_.text(bytes);
    return true;
}

bool MsgpackEvents::open_list(std::size_t size) {
    out_.array(size);
    return true;
}

bool MsgpackEvents::open_map(std::size_t size) {
    out_.map(size);
    return true;
}

bool MsgpackEvents::key(std::string_view bytes) {
    return text(bytes);
}

}  // namespace steward::wire
