// worker/fastcgi: FastCGI 1.0 as a client speaks it: a request as bytes, and the answer's records
// read from any bytes. No socket. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/expected.hpp"

namespace steward::worker::fastcgi {

inline constexpr std::size_t kContentMax = 65535;  // bytes of one record

struct Request {
    std::vector<std::pair<std::string, std::string>> params;
    std::string body;
};

/// A responder's request under the id 1, on a connection that ends with it.
[[nodiscard]] std::string encode(const Request& request);

/// Gathers the records of one answer.
///
/// Bound: output_max bytes of output; errors are handed out as they come.
class ResponseReader {
public:
    explicit ResponseReader(std::size_t output_max) : output_max_(output_max) {}

    /// Any bytes of the connection, in any pieces. After an error, or when is_over(), more are
    /// ignored. Errors: Malformed: not FastCGI. TooLarge: more output than output_max.
    [[nodiscard]] base::Expected<void> feed(std::string_view bytes);

    /// The whole answer is there.
    [[nodiscard]] bool is_over() const { return is_over_; }

    /// What the script has written to its output.
    [[nodiscard]] const std::string& output() const { return output_; }

    /// What it has written to its errors since the last call.
    [[nodiscard]] std::string take_errors() { return std::exchange(errors_, {}); }

    /// Once it is over: the script's exit status.
    [[nodiscard]] std::uint32_t status() const { return status_; }

    /// Once it is over: empty, or why the pool did not take the request.
    [[nodiscard]] std::string_view refusal() const { return refusal_; }

private:
    [[nodiscard]] base::Expected<void> take(std::uint8_t type, std::string_view content);
    [[nodiscard]] base::Expected<void> end(std::string_view content);

    std::size_t output_max_;
    std::string pending_;  // less than a record
    std::string output_;
    std::string errors_;
    std::uint32_t status_ = 0;
    std::string_view refusal_;
    bool is_over_ = false;
    bool is_broken_ = false;
};

}  // namespace steward::worker::fastcgi
