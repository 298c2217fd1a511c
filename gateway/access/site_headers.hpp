// gateway/access: the headers by which a careful site tells browsers what not to do with its
// answers.
#pragma once

#include <string_view>
#include <vector>

#include "gateway/message/message.hpp"

namespace steward::gateway {

enum class AnswerKind {
    Page,    // the dashboard's document: scripts and styles of this site's files, nothing inline
    Asset,   // a file that the page loads
    Data,    // what the API answers, also results that others made: never a document that runs
    Script,  // JSONP, for pages of other sites
};

/// Adds what belongs to an answer of this kind; a header that is there already stays as it is.
/// `is_secure`: it goes over TLS, and is to be asked for over TLS from then on.
void add_site_headers(std::vector<Header>& headers, AnswerKind kind, bool is_secure);

/// All that add_site_headers() would add to none over plain HTTP, as lines that last.
[[nodiscard]] std::string_view site_lines(AnswerKind kind);

}  // namespace steward::gateway
