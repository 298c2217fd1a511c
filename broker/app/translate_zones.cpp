#include "broker/app/translate_zones.hpp"

#include "common/base/bytes.hpp"

namespace steward::app {

base::Expected<model::Zone> only_utc(std::string_view name) {
    if (name == "UTC") {
        return model::Zone{};
    }
    return base::fail(base::Errc::BadOption,
                      "the time zone \"" + base::printable(name) +
                          "\" cannot be looked up: UTC is the only one known here");
}

}  // namespace steward::app
