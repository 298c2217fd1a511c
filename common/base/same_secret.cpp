#include "common/base/same_secret.hpp"

namespace steward::base {

// `volatile`: no compiler may stop at the first difference because it sees that the rest changes
// nothing. TLS libraries have the same, but no client or worker should be linked with one for it.
bool same_secret(std::string_view known, std::string_view given) {
    volatile unsigned difference = given.size() == known.size() ? 0 : 1;
    for (std::size_t i = 0; i < known.size(); ++i) {
        const char theirs = i < given.size() ? given[i] : '\0';
        difference = difference | static_cast<unsigned>(static_cast<unsigned char>(known[i]) ^
                                                        static_cast<unsigned char>(theirs));
    }
    return difference == 0;
}

}  // namespace steward::base
