// gateway/params: one JSON object out of names and values that come from queries, forms, parts and
// JSON bodies. Values are JSON texts and stay as they are: a number keeps each of its digits.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/params/form.hpp"

namespace steward::gateway {

/// The rule of names, for queries, forms and multipart bodies alike: a name given more than once is
/// an array of its values in their order; "name[]" (PHP) is an array of "name" also when given
/// once. Other brackets are part of the name: nothing nests.
///
/// Bound: what is put in.
class ParamsObject {
public:
    /// A value under the rule above.
    void add(std::string_view name, std::string value_json);
    /// A text under the rule above.
    void add_text(std::string_view name, std::string_view value);
    /// A value under exactly this name. The last one wins, as in JSON.
    void set(const std::string& name, std::string_view value_json);
    void add_all(const Pairs& pairs);
    /// Takes over what has a name that is not here yet.
    void add_missing(ParamsObject&& other);

    [[nodiscard]] bool empty() const { return members_.empty(); }

    /// The object, names in the order in which they first came.
    [[nodiscard]] std::string text() const;

private:
    struct Member {
        std::string name;
        std::vector<std::string> values;
        bool is_array = false;
    };

    Member& member(const std::string& name);

    std::vector<Member> members_;
    std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace steward::gateway
