// tests: job options and meta in the native protocol.
#include "common/wire/native_options.hpp"

#include <string>

#include <doctest/doctest.h>

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"
#include "common/wire/options.hpp"
#include "tests/unit/wire/native_samples.hpp"

using namespace steward;
using namespace steward::wire;
using namespace steward::wire::native;
using base::Errc;

namespace {

struct Read {
    std::optional<base::Error> error;
    model::JobOptions options;
    bool malformed = false;
    bool all_taken = false;
};

Read read(std::string_view bytes) {
    Read result;
    MsgpackReader in(bytes);
    result.error = read_options(in, result.options);
    result.malformed = in.failed() && !result.error;
    result.all_taken = in.rest().empty();
    return result;
}

// A map of one option whose value `write` gives.
template <class Write>
Read read_one(std::string_view name, Write write) {
    MsgpackWriter out;
    out.map(1);
    out.str(name);
    write(out);
    return read(out.view());
}

Read read_number(std::string_view name, std::int64_t value) {
    return read_one(name, [&](MsgpackWriter& out) { out.integer(value); });
}

// A map of a group and one option of it.
Read read_of_group(std::string_view name, std::int64_t value) {
    MsgpackWriter out;
    out.map(2);
    out.str("group");
    out.str("acme");
    out.str(name);
    out.integer(value);
    return read(out.view());
}

void check_bad(const Read& result, std::string_view name) {
    REQUIRE(result.error.has_value());
    CHECK(result.error->code == Errc::BadOption);
    CHECK(result.error->message.find(name) != std::string::npos);
}

// A map of `entries` strings to strings, of `bytes` in all: the last value fills it up.
base::Blob meta_of(std::size_t entries, std::size_t bytes) {
    MsgpackWriter out;
    out.map(entries);
    for (std::size_t i = 0; i + 1 < entries; ++i) {
        out.str("k");
        out.str("v");
    }
    out.str("k");
    out.str(std::string(bytes - out.size() - 3, 'v'));  // lengths from 256 on take three bytes
    REQUIRE(out.size() == bytes);
    return base::Blob::copy(out.view());
}

Read read_meta_of(const base::Blob& meta) {
    return read_one("meta", [&](MsgpackWriter& out) { out.raw(meta.view()); });
}

}  // namespace

TEST_CASE("options come back as they were") {
    Samples samples(31);
    for (int i = 0; i < 3000; ++i) {
        model::JobOptions options = samples.options();
        options.sync = false;  // travels as a field of its own
        MsgpackWriter out;
        write_options(out, options);
        const Read back = read(out.view());
        REQUIRE_FALSE(back.error.has_value());
        REQUIRE(back.all_taken);
        CHECK(back.options == options);
    }
}

TEST_CASE("no options are one nil, and an empty map says the same") {
    MsgpackWriter out;
    model::JobOptions options;
    options.sync = true;
    write_options(out, options);
    CHECK(base::to_hex(out.view()) == "c0");
    CHECK(read("\xC0").options == model::JobOptions{});
    CHECK(read("\x80").options == model::JobOptions{});
}

TEST_CASE("an unknown option is refused by its name") {
    const Read result = read_number("colour", 1);
    REQUIRE(result.error.has_value());
    CHECK(result.error->code == Errc::UnknownOption);
    CHECK(result.error->message ==
          "no job option is named \"colour\"; there are: durable, priority, delay, run_at, "
          "expires_in, time_limit, memory_limit, max_attempts, backoff, backoff_max, result_ttl, "
          "wait, channel, context, group, group_limit, group_rate, group_weight, unique, "
          "unique_scope, on_duplicate, after, batch, meta");
    CHECK(read_number("sync", 1).error->code == Errc::UnknownOption);
    CHECK(read_number("", 1).error->code == Errc::UnknownOption);
    CHECK(read_number("Priority", 1).error->code == Errc::UnknownOption);
}

TEST_CASE("a priority is any number of 32 bits with sign") {
    CHECK(read_number("priority", INT32_MIN).options.priority == INT32_MIN);
    CHECK(read_number("priority", INT32_MAX).options.priority == INT32_MAX);
    check_bad(read_number("priority", std::int64_t{INT32_MIN} - 1), "priority");
    check_bad(read_number("priority", std::int64_t{INT32_MAX} + 1), "priority");
    check_bad(read_one("priority", [](MsgpackWriter& out) { out.str("high"); }), "priority");
}

TEST_CASE("durations are microseconds up to ten years, and only some may be none") {
    const std::int64_t most = model::kDurationMax.count();
    for (const std::string_view name :
         {"delay", "expires_in", "time_limit", "backoff", "backoff_max", "result_ttl"}) {
        const bool may_be_none = name == "delay" || name == "result_ttl";
        CHECK(read_number(name, 0).error.has_value() != may_be_none);
        CHECK_FALSE(read_number(name, 1).error.has_value());
        CHECK_FALSE(read_number(name, most).error.has_value());
        check_bad(read_number(name, -1), name);
        check_bad(read_number(name, most + 1), name);
        check_bad(read_one(name, [](MsgpackWriter& out) { out.str("5s"); }), name);
        check_bad(read_one(name, [](MsgpackWriter& out) { out.nil(); }), name);
    }
    CHECK(read_number("delay", 7).options.delay == base::Duration{7});
    CHECK(read_number("expires_in", 7).options.expires_in == base::Duration{7});
    CHECK(read_number("time_limit", 7).options.time_limit == base::Duration{7});
    CHECK(read_number("backoff", 7).options.backoff == base::Duration{7});
    CHECK(read_number("backoff_max", 7).options.backoff_max == base::Duration{7});
    CHECK(read_number("result_ttl", 7).options.result_ttl == base::Duration{7});
}

TEST_CASE("an answer is waited for up to an hour") {
    CHECK(read_number("wait", 0).options.wait == base::Duration{0});
    CHECK(read_number("wait", kWaitMax.count()).options.wait == kWaitMax);
    check_bad(read_number("wait", kWaitMax.count() + 1), "wait");
    check_bad(read_number("wait", -1), "wait");
}

TEST_CASE("run_at is in microseconds since 1970 and before 2100") {
    const std::int64_t most = kRunAtMax.time_since_epoch().count();
    CHECK(read_number("run_at", 0).options.run_at == base::WallTime());
    CHECK(read_number("run_at", most).options.run_at == kRunAtMax);
    check_bad(read_number("run_at", most + 1), "run_at");
    check_bad(read_number("run_at", -1), "run_at");
    check_bad(read_one("run_at", [](MsgpackWriter& out) { out.str("2026-11-24T10:00:00Z"); }),
              "run_at");
}

TEST_CASE("memory is limited to a number of bytes from a KiB to a PiB") {
    CHECK(read_number("memory_limit", 1024).options.memory_limit == 1024U);
    CHECK(read_number("memory_limit", 1LL << 50U).options.memory_limit == 1ULL << 50U);
    check_bad(read_number("memory_limit", 1023), "memory_limit");
    check_bad(read_number("memory_limit", (1LL << 50U) + 1), "memory_limit");
    check_bad(read_one("memory_limit", [](MsgpackWriter& out) { out.str("1MiB"); }),
              "memory_limit");
}

TEST_CASE("what a group may do is held to its bounds") {
    CHECK(read_of_group("group_limit", 1).options.group_limit == 1U);
    CHECK(read_of_group("group_limit", 1'000'000).options.group_limit == 1'000'000U);
    check_bad(read_of_group("group_limit", 0), "group_limit");
    check_bad(read_of_group("group_limit", 1'000'001), "group_limit");
    CHECK(read_of_group("group_weight", 1).options.group_weight == 1U);
    CHECK(read_of_group("group_weight", 1000).options.group_weight == 1000U);
    check_bad(read_of_group("group_weight", 0), "group_weight");
    check_bad(read_of_group("group_weight", 1001), "group_weight");
    CHECK(read_of_group("group_rate", 1).options.group_rate == model::Rate{base::Duration{1}});
    CHECK(read_of_group("group_rate", kDurationMax.count()).options.group_rate ==
          model::Rate{kDurationMax});
    check_bad(read_of_group("group_rate", 0), "group_rate");
    check_bad(read_of_group("group_rate", kDurationMax.count() + 1), "group_rate");
}

TEST_CASE("labels have from one byte to 255, as str or bin") {
    const auto text = [](std::string_view label) {
        return [=](MsgpackWriter& out) { out.text(label); };
    };
    const std::string most(255, 'x');
    CHECK(read_one("channel", text(most)).options.channel == model::Label(most));
    CHECK(read_one("context", text("\xFF")).options.context == model::Label("\xFF"));
    CHECK(read_one("group", text("a b")).options.group == model::Label("a b"));
    CHECK(read_one("batch", text("b")).options.batch == model::Label("b"));
    for (const std::string_view name : {"channel", "context", "group", "unique", "batch"}) {
        check_bad(read_one(name, text("")), name);
        check_bad(read_one(name, text(most + "x")), name);
        check_bad(read_one(name, text("a\nb")), name);
        check_bad(read_number(name, 1), name);
        check_bad(read_one(name, [](MsgpackWriter& out) { out.nil(); }), name);
    }
}

TEST_CASE("a job is unique by true or by a key, and false is neither") {
    const auto flag = [](bool value) { return [=](MsgpackWriter& out) { out.boolean(value); }; };
    const Read by_params = read_one("unique", flag(true));
    CHECK(by_params.options.unique_params);
    CHECK(by_params.options.unique.empty());
    check_bad(read_one("unique", flag(false)), "unique");
    MsgpackWriter both;
    both.map(2);
    both.str("unique");
    both.boolean(true);
    both.str("unique");
    both.str("key");
    check_bad(read(both.view()), "unique");
}

TEST_CASE("choices are small numbers") {
    const auto choice = [](std::string_view name, std::int64_t value) {
        MsgpackWriter out;
        out.map(2);
        out.str("unique");
        out.boolean(true);
        out.str(name);
        out.integer(value);
        return read(out.view());
    };
    CHECK(choice("unique_scope", 0).options.unique_scope == model::UniqueScope::Waiting);
    CHECK(choice("unique_scope", 1).options.unique_scope == model::UniqueScope::Running);
    check_bad(choice("unique_scope", 2), "unique_scope");
    check_bad(choice("unique_scope", -1), "unique_scope");
    CHECK(choice("on_duplicate", 0).options.on_duplicate == model::OnDuplicate::Drop);
    CHECK(choice("on_duplicate", 2).options.on_duplicate == model::OnDuplicate::Replace);
    check_bad(choice("on_duplicate", 3), "on_duplicate");
    check_bad(read_one("on_duplicate", [](MsgpackWriter& out) { out.str("drop"); }),
              "on_duplicate");
}

TEST_CASE("after is a list of ids of sixteen bytes, as many as may be") {
    const auto list = [](std::size_t jobs, std::size_t bytes_each) {
        return read_one("after", [=](MsgpackWriter& out) {
            out.array(jobs);
            for (std::size_t i = 0; i < jobs; ++i) {
                out.bin(std::string(bytes_each, '\x01'));
            }
        });
    };
    CHECK(list(0, 16).options.after.empty());
    CHECK(list(2, 16).options.after ==
          std::vector<model::JobId>(2, {0x0101010101010101, 0x0101010101010101}));
    CHECK(list(model::kAfterMax, 16).options.after.size() == model::kAfterMax);
    check_bad(list(model::kAfterMax + 1, 16), "after");
    check_bad(list(1, 15), "after");
    check_bad(list(1, 17), "after");
    check_bad(read_number("after", 1), "after");
}

TEST_CASE("an option may come twice: the last counts") {
    MsgpackWriter out;
    out.map(2);
    for (const int priority : {7, 9}) {
        out.str("priority");
        out.integer(priority);
    }
    CHECK(read(out.view()).options.priority == 9);
}

TEST_CASE("a job has from one attempt to a thousand") {
    CHECK(read_number("max_attempts", 1).options.max_attempts == 1U);
    CHECK(read_number("max_attempts", 1000).options.max_attempts == 1000U);
    check_bad(read_number("max_attempts", 0), "max_attempts");
    check_bad(read_number("max_attempts", -1), "max_attempts");
    check_bad(read_number("max_attempts", 1001), "max_attempts");
}

TEST_CASE("durable is true or false and not 1 or 0") {
    const auto flag = [](bool value) { return [=](MsgpackWriter& out) { out.boolean(value); }; };
    CHECK(read_one("durable", flag(true)).options.durable == true);
    CHECK(read_one("durable", flag(false)).options.durable == false);
    check_bad(read_number("durable", 1), "durable");
}

TEST_CASE("meta is kept byte for byte, up to its limits") {
    using model::kMetaBytesMax;
    using model::kMetaEntriesMax;
    for (const auto& meta : {meta_of(1, 400), meta_of(kMetaEntriesMax, kMetaBytesMax)}) {
        CHECK(read_meta_of(meta).options.meta == meta);
    }
    check_bad(read_meta_of(meta_of(kMetaEntriesMax + 1, 4000)), "meta");
    check_bad(read_meta_of(meta_of(1, kMetaBytesMax + 1)), "meta");
}

TEST_CASE("meta that is no map of strings is refused, and an empty one is none") {
    check_bad(read_number("meta", 1), "meta");
    check_bad(read_meta_of(base::Blob::copy("\x81\xA1k\x01")), "meta");
    check_bad(read_meta_of(base::Blob::copy("\x81\x01\xA1v")), "meta");
    CHECK(read_meta_of(base::Blob::copy("\x80")).options.meta.empty());
    CHECK(read_one("meta", [](MsgpackWriter& out) { out.nil(); }).options.meta.empty());
}

TEST_CASE("meta that a caller made up wrongly harms only his own submission") {
    for (const std::string_view bad : {"\xC1", "\x81", "\x80\x80", "text", "\x81\xA1k\x01"}) {
        Submit wrong;
        wrong.number = 5;
        wrong.spec.service = *model::ServiceName::parse("mail");
        wrong.spec.options.meta = base::Blob::copy(bad);
        const Frames frames = encode_all({wrong, Goodbye{true}});
        BatchReader reader(frames);
        const auto refused = reader.next();
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code == Errc::BadOption);
        CHECK(reader.refused_number() == 5U);
        const auto next = reader.next();
        REQUIRE(next.has_value());
        CHECK(next->value() == Command(Goodbye{true}));
    }
}

TEST_CASE("broken msgpack within options is no fault of an option") {
    const std::string whole("\x81\xA8priority\xD2\x00\x00\x00\x07", 15);
    CHECK(read(whole).options.priority == 7);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Read cut = read(std::string_view(whole).substr(0, size));
        CHECK_FALSE(cut.error.has_value());
        CHECK(cut.malformed);
    }
    CHECK(read("\xA1x").malformed);
    CHECK(read("\x05").malformed);
}
