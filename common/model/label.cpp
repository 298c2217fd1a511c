#include "common/model/label.hpp"

#include <algorithm>

#include "common/model/limits.hpp"

namespace steward::model {

std::string label_fault(std::string_view text) {
    if (text.size() > kNameBytesMax) {
        return "has " + std::to_string(text.size()) + " bytes, " + std::to_string(kNameBytesMax) +
               " are allowed";
    }
    const auto bad = std::ranges::find_if(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
    if (bad != text.end()) {
        return "has a control character at byte " + std::to_string(bad - text.begin());
    }
    return {};
}

}  // namespace steward::model
