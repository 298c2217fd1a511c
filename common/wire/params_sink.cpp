// common/wire: see params_sink.hpp.
#include "common/wire/params_sink.hpp"

#include <string>

#include "common/model/limits.hpp"

namespace steward::wire {

bool ParamsGate::admit() {
    if (++values_ > kParamsValuesMax) {
        why_ = "more than 1000000 values; send such data as opaque bytes";
        return false;
    }
    return true;
}

bool ParamsGate::descend() {
    static_assert(model::kParamsDepthMax == 128, "the text below names it");
    if (++depth_ > model::kParamsDepthMax) {
        why_ = "nested deeper than 128 levels";
        return false;
    }
    return admit();
}

base::Unexpected bad_params(std::string_view format, std::size_t byte, std::string_view why) {
    std::string message = "the params are not valid ";
    message += format;
    message += " at byte " + std::to_string(byte) + ": ";
    message += why;
    return base::fail(base::Errc::BadParams, std::move(message));
}

}  // namespace steward::wire
