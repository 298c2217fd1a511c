// gateway/params: multipart/form-data (RFC 7578), as browsers and curl -F send forms with files.
// Total on any bytes; nothing of a body is copied but names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"
#include "gateway/params/media_type.hpp"
#include "gateway/params/params_object.hpp"

namespace steward::gateway {

struct Part {
    std::string name;
    std::optional<std::string> filename;  // of a file only; as sent, never a path to write to
    std::string content_type;             // as sent; empty: none was
    std::string_view bytes;               // into the body
};

/// The parts in their order. What stands before the first boundary and behind the last is left out,
/// as RFC 2046 asks; a body without its closing boundary is refused, for it may have been cut.
/// Errors: BadParams, at which byte: no boundary in `type`, a part that ends nowhere, without a
/// name,
///         with an encoding of its own (RFC 7578, 4.7) or whose head is none; TooLarge past
///         kPartsMax, kPartHeadBytesMax, kPartHeadersMax.
[[nodiscard]] base::Expected<std::vector<Part>> parse_multipart(std::string_view body,
                                                                const MediaType& type);

/// The parts as params. A field is a text, {"base64": "…"} where its bytes are no UTF-8 (as
/// everywhere in Steward); a file is {"filename": "…", "content_type": "…", "content": …}, its
/// content like a field's.
void add_parts(ParamsObject& params, const std::vector<Part>& parts);

}  // namespace steward::gateway
