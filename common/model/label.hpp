// common/model: short names that a submitter chooses freely: channel, group, context, key, batch.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/base/blob.hpp"

namespace steward::model {

/// Up to kNameBytesMax bytes without control characters; empty: none was given. Eight bytes, cheap
/// to copy. Not checked here: whoever takes one from outside asks label_fault().
class Label {
public:
    Label() = default;

    // Implicit on purpose: options are written as {.group = "acme"}.
    // NOLINTNEXTLINE(google-explicit-constructor)
    Label(std::string_view text) : text_(text.empty() ? base::Blob() : base::Blob::copy(text)) {}

    // NOLINTNEXTLINE(google-explicit-constructor)
    Label(const char* text) : Label(std::string_view(text)) {}

    // NOLINTNEXTLINE(google-explicit-constructor)
    Label(const std::string& text) : Label(std::string_view(text)) {}

    [[nodiscard]] std::string_view view() const { return text_.view(); }

    [[nodiscard]] bool empty() const { return text_.empty(); }

    bool operator==(const Label&) const = default;

private:
    base::Blob text_;
};

/// What is wrong with `text` as a label, as in "has 300 bytes, 255 are allowed"; empty: nothing.
[[nodiscard]] std::string label_fault(std::string_view text);

}  // namespace steward::model
