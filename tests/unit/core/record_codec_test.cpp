// broker/core: the journal's facts survive the way to bytes and back, and no bytes can hurt the
// reader.
#include "broker/core/record_codec.hpp"

#include <doctest/doctest.h>

#include "common/base/prng.hpp"

namespace steward::core {
namespace {

using namespace std::chrono_literals;

base::WallTime at(std::int64_t microseconds) {
    return base::WallTime(base::Duration(microseconds));
}

JobAccepted accepted(bool with_options) {
    JobAccepted fact;
    fact.id = {0x1122334455667788U, 7};
    fact.submission = {UINT64_MAX, 42};
    fact.at = at(1'700'000'000'000'001);
    fact.spec.service = *model::ServiceName::parse("mail");
    fact.spec.params = {model::Encoding::Json, base::Blob::copy(R"({"to":"you"})")};
    if (with_options) {
        fact.spec.options.durable = true;
        fact.spec.options.priority = INT32_MIN;
        fact.spec.options.delay = 1us;
        fact.spec.options.expires_in = 1h;
        fact.spec.options.time_limit = 30min;
        fact.spec.options.max_attempts = UINT32_MAX;
        fact.spec.options.meta = base::Blob::copy("\x81\xA1k\xA1v");
    }
    return fact;
}

std::vector<Record> one_of_each() {
    const model::Attempt attempt{{9, 10}, 3};
    return {accepted(false),
            accepted(true),
            AttemptStarted{attempt, at(-5)},
            AttemptFailed{attempt, at(1), at(2), "no luck"},
            AttemptReturned{attempt},
            JobEnded{{1, 2}, model::JobState::Dead, at(3), ""}};
}

std::string encoded(const Record& record) {
    std::string bytes;
    encode_record(record, bytes);
    return bytes;
}

}  // namespace

TEST_CASE("every fact comes back as it was") {
    for (const Record& record : one_of_each()) {
        const auto back = decode_record(encoded(record));
        REQUIRE(back);
        CHECK(*back == record);
    }
}

TEST_CASE("each option of a job is kept on its own, also those that are false or zero") {
    for (int option = 0; option < 8; ++option) {
        JobAccepted fact = accepted(false);
        model::JobOptions& options = fact.spec.options;
        switch (option) {
            case 0: options.sync = true; break;
            case 1: options.durable = false; break;
            case 2: options.priority = 0; break;
            case 3: options.delay = 0us; break;
            case 4: options.expires_in = -1us; break;
            case 5: options.time_limit = base::Duration::max(); break;
            case 6: options.max_attempts = 0; break;
            default: options.meta = base::Blob::copy(std::string(8192, 'm')); break;
        }
        const auto back = decode_record(encoded(fact));
        REQUIRE(back);
        CHECK(std::get<JobAccepted>(*back) == fact);
    }
}

TEST_CASE("the bytes are the same on every machine and in every release") {
    const AttemptStarted fact{{{1, 2}, 3}, at(4)};
    const std::string_view expected(
        "\x01\x02"
        "\x01\0\0\0\0\0\0\0"
        "\x02\0\0\0\0\0\0\0"
        "\x03\0\0\0"
        "\x04\0\0\0\0\0\0\0",
        30);
    CHECK(encoded(fact) == expected);
}

TEST_CASE("a record is appended behind what the buffer holds") {
    std::string bytes = "before";
    encode_record(AttemptReturned{{{1, 2}, 3}}, bytes);
    CHECK(bytes.starts_with("before"));
    CHECK(decode_record(std::string_view(bytes).substr(6)));
}

TEST_CASE("a record that is cut anywhere or has a byte too many is malformed") {
    for (const Record& record : one_of_each()) {
        const std::string bytes = encoded(record);
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            const auto back = decode_record(std::string_view(bytes).substr(0, length));
            REQUIRE(!back);
            CHECK(back.error().code == base::Errc::Malformed);
        }
        CHECK(!decode_record(bytes + '\0'));
    }
}

TEST_CASE("a later version, an unknown kind, encoding, option or state is refused by name") {
    std::string later = encoded(accepted(false));
    later[0] = 2;
    CHECK(decode_record(later).error().code == base::Errc::UnsupportedVersion);

    for (const char kind : {'\0', '\x06', '\xFF'}) {
        std::string unknown = encoded(AttemptReturned{});
        unknown[1] = kind;
        CHECK(decode_record(unknown).error().code == base::Errc::Malformed);
    }

    constexpr std::size_t kEncodingAt = 2 + 16 + 16 + 8 + 4 + 4;  // behind the name "mail"
    std::string encoding = encoded(accepted(false));
    encoding[kEncodingAt] = 6;
    CHECK(decode_record(encoding).error().code == base::Errc::Malformed);

    constexpr std::size_t kOptionsAt = kEncodingAt + 1 + 4 + 12;
    std::string option = encoded(accepted(false));
    option[kOptionsAt + 1] = 1;
    CHECK(decode_record(option).error().code == base::Errc::Malformed);
    std::string durable = encoded(accepted(false));
    durable[kOptionsAt] = 4;  // a value for what is not set
    CHECK(decode_record(durable).error().code == base::Errc::Malformed);

    constexpr std::size_t kStateAt = 2 + 16;
    for (const char state : {'\x02', '\x08'}) {  // not final; no state
        std::string ended = encoded(JobEnded{});
        ended[kStateAt] = state;
        CHECK(decode_record(ended).error().code == base::Errc::Malformed);
    }
}

TEST_CASE("a service name that no rule allows is refused although the journal holds it") {
    std::string bytes = encoded(accepted(false));
    bytes[2 + 16 + 16 + 8 + 4] = ' ';
    CHECK(decode_record(bytes).error().code == base::Errc::BadName);
}

TEST_CASE("no bytes hurt the reader") {
    base::Prng prng(11);
    const auto records = one_of_each();
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = encoded(records[prng.below(records.size())]);
        for (std::uint64_t changes = 1 + prng.below(4); changes > 0; --changes) {
            bytes[prng.below(bytes.size())] = static_cast<char>(prng.below(256));
        }
        bytes.resize(prng.below(bytes.size() + 1));
        const auto back = decode_record(bytes);
        if (back) {
            CHECK(encoded(*back) == bytes);
        }
    }
}

}  // namespace steward::core
