// common/wire: the writing half of php.hpp.
#include <charconv>
#include <cmath>

#include "common/base/whole_number.hpp"
#include "common/wire/json_text.hpp"
#include "common/wire/php.hpp"

namespace steward::wire {
namespace {

// The integer keys of PHP: decimal, without a plus, a leading zero or a minus zero.
bool is_integer_key(std::string_view text) {
    const auto number = base::parse_whole<std::int64_t>(text);
    return number && text == std::to_string(*number);
}

}  // namespace

bool PhpWriter::null() {
    index();
    out_ += "N;";
    return true;
}

bool PhpWriter::boolean(bool value) {
    index();
    out_ += value ? "b:1;" : "b:0;";
    return true;
}

bool PhpWriter::integer(std::int64_t value) {
    index();
    out_ += "i:";
    append_json_integer(out_, value);
    out_.push_back(';');
    return true;
}

bool PhpWriter::natural(std::uint64_t value) {
    return value <= INT64_MAX ? integer(static_cast<std::int64_t>(value))
                              : real(static_cast<double>(value));
}

bool PhpWriter::real(double value) {
    index();
    out_ += "d:";
    if (std::isfinite(value)) {
        char text[32];
        out_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
    } else {
        out_ += std::isnan(value) ? "NAN" : value > 0 ? "INF" : "-INF";
    }
    out_.push_back(';');
    return true;
}

bool PhpWriter::text(std::string_view bytes) {
    index();
    string(bytes);
    return true;
}

bool PhpWriter::open_list(std::size_t size) {
    return open(size, true);
}

bool PhpWriter::open_map(std::size_t size) {
    return open(size, false);
}

bool PhpWriter::key(std::string_view bytes) {
    if (is_integer_key(bytes)) {
        out_ += "i:";
        out_ += bytes;
        out_.push_back(';');
    } else {
        string(bytes);
    }
    return true;
}

bool PhpWriter::close() {
    open_.pop_back();
    out_.push_back('}');
    return true;
}

void PhpWriter::index() {
    if (!open_.empty() && open_.back().list) {
        out_ += "i:";
        append_json_integer(out_, open_.back().next++);
        out_.push_back(';');
    }
}

void PhpWriter::string(std::string_view bytes) {
    out_ += "s:";
    append_json_integer(out_, bytes.size());
    out_ += ":\"";
    out_ += bytes;
    out_ += "\";";
}

bool PhpWriter::open(std::size_t size, bool list) {
    index();
    out_ += "a:";
    append_json_integer(out_, size);
    out_ += ":{";
    open_.push_back({list, 0});
    return true;
}

}  // namespace steward::wire
