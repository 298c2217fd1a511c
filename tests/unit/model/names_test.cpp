// tests: what a service may be called and which names are the broker's own.
#include "common/model/names.hpp"

#include <string>

#include <doctest/doctest.h>

#include "common/model/limits.hpp"

using namespace steward;
using namespace steward::model;

namespace {

bool is_name(std::string_view text) {
    const auto name = ServiceName::parse(text);
    ServiceName assigned = *ServiceName::parse("before");
    CHECK(assigned.assign(text) == name.has_value());
    CHECK(assigned.view() == (name ? text : "before"));
    if (!name) {
        CHECK(name.error().code == base::Errc::BadName);
        CHECK_FALSE(name.error().message.empty());
        return false;
    }
    CHECK(name->view() == text);
    return true;
}

bool is_reserved(std::string_view text) {
    const auto name = ServiceName::parse(text);
    REQUIRE(name.has_value());
    return name->is_reserved();
}

}  // namespace

TEST_CASE("a name has from one byte to the limit") {
    CHECK_FALSE(is_name(""));
    CHECK(is_name("a"));
    CHECK(is_name(std::string(kNameBytesMax, 'a')));
    CHECK_FALSE(is_name(std::string(kNameBytesMax + 1, 'a')));
}

TEST_CASE("a name has no space or control character, and anything else") {
    for (int c = 0; c < 256; ++c) {
        const std::string text = {'a', static_cast<char>(c), 'b'};
        CAPTURE(c);
        CHECK(is_name(text) == (c > 0x20 && c != 0x7F));
    }
    // Wherever it stands among bytes that are looked at eight at a time.
    for (const std::size_t size :
         {1UL, 3UL, 4UL, 5UL, 6UL, 7UL, 8UL, 9UL, 15UL, 16UL, 17UL, 30UL}) {
        for (std::size_t at = 0; at < size; ++at) {
            for (int c = 0; c < 256; ++c) {
                std::string text(size, c % 2 == 0 ? '!' : '\xFF');
                text[at] = static_cast<char>(c);
                CHECK(is_name(text) == (c > 0x20 && c != 0x7F));
            }
        }
    }
    CHECK_FALSE(is_name(" a"));
    CHECK_FALSE(is_name("a\n"));
    CHECK(is_name("caf\xC3\xA9"));
    CHECK(is_name("mail/send:now"));
}

TEST_CASE("the message says where the forbidden character is") {
    CHECK(ServiceName::parse("two words").error().message.find("at byte 3") != std::string::npos);
}

TEST_CASE("names that begin with mmi. and the broker's own requests are reserved") {
    for (const char* text : {"mmi.",
                             "mmi.service",
                             "mmi.anything",
                             "SERVER-JOBS",
                             "SERVER-ACTIVE",
                             "SERVER-HIST",
                             "SERVER-WORKERS",
                             "SERVER-STATUS"}) {
        CHECK(is_reserved(text));
    }
}

TEST_CASE("names that only look like the broker's own are ordinary") {
    for (const char* text : {"image",
                             "mail",
                             ".x",
                             "m",
                             "mm",
                             "mmi",
                             "mmiservice",
                             "MMI.service",
                             "x.mmi.",
                             "i.",
                             "SERVER",
                             "SERVER-",
                             "SERVER-JOB",
                             "SERVER-JOBSX",
                             "server-jobs",
                             "XSERVER-JOBS"}) {
        CHECK_FALSE(is_reserved(text));
    }
}

TEST_CASE("a name that was not given is empty, ordinary and equal to its like") {
    CHECK(ServiceName().view().empty());
    CHECK_FALSE(ServiceName().is_reserved());
    CHECK(*ServiceName::parse("a") == *ServiceName::parse("a"));
    CHECK_FALSE(*ServiceName::parse("a") == ServiceName());
}
