// The error registry, generated from errors.def.
#include "common/base/expected.hpp"

#include <algorithm>
#include <array>

namespace steward::base {
namespace {

struct Row {
    Errc code;
    std::string_view name;
    ErrorClass kind;
    std::string_view meaning;
};

constexpr auto kRegistry = std::to_array<Row>({
#define X(name, number, kind, meaning) {Errc::name, #name, ErrorClass::kind, meaning},
#include "common/base/errors.def"
#undef X
});

const Row* find(Errc code) {
    const auto* row = std::ranges::find(kRegistry, code, &Row::code);
    return row == kRegistry.end() ? nullptr : row;
}

}  // namespace

std::string_view name_of(Errc code) {
    const Row* row = find(code);
    return row == nullptr ? "Unregistered" : row->name;
}

ErrorClass class_of(Errc code) {
    const Row* row = find(code);
    return row == nullptr ? ErrorClass::Caller : row->kind;
}

std::string_view meaning_of(Errc code) {
    const Row* row = find(code);
    return row == nullptr ? "" : row->meaning;
}

std::optional<Errc> errc_from_number(std::uint64_t number) {
    for (const Row& row : kRegistry) {
        if (static_cast<std::uint64_t>(row.code) == number) {
            return row.code;
        }
    }
    return std::nullopt;
}

}  // namespace steward::base
