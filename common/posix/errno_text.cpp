#include "common/posix/errno_text.hpp"

#include <system_error>

namespace steward::posix {

std::string errno_text(int number) {
    return std::generic_category().message(number);
}

base::Unexpected io_error(std::string_view doing, int number) {
    std::string text(doing);
    text += ": ";
    text += errno_text(number);
    return base::fail(base::Errc::Io, std::move(text));
}

}  // namespace steward::posix
