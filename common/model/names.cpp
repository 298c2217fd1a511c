#include "common/model/names.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"

namespace steward::model {

base::Expected<ServiceName> ServiceName::parse(std::string_view text) {
    return check(text).map([&] { return ServiceName(base::Blob::copy(text)); });
}

base::Expected<void> ServiceName::check(std::string_view text) {
    if (text.empty() || text.size() > kNameBytesMax) {
        return base::fail(base::Errc::BadName,
                          "a service name has 1 to " + std::to_string(kNameBytesMax) +
                              " bytes; this one has " + std::to_string(text.size()));
    }
    const auto bad = std::ranges::find_if(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte == 0x7F;
    });
    if (bad != text.end()) {
        return base::fail(base::Errc::BadName,
                          "a service name has no space or control character; \"" +
                              base::printable(text) + "\" has one at byte " +
                              std::to_string(bad - text.begin()));
    }
    return {};
}

bool ServiceName::is_reserved() const {
    static constexpr std::array<std::string_view, 5> kServerRequests = {
        "SERVER-JOBS", "SERVER-ACTIVE", "SERVER-HIST", "SERVER-WORKERS", "SERVER-STATUS"};
    if (view().starts_with('S')) {  // asked of each job: one look at most names
        return std::ranges::find(kServerRequests, view()) != kServerRequests.end();
    }
    return view().starts_with("mmi.");
}

}  // namespace steward::model
