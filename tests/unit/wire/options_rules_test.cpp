// tests/unit/wire: what job options say of each other, the same for both of their decoders.
#include <chrono>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "common/wire/native_options.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"
#include "tests/unit/wire/native_samples.hpp"

namespace steward::wire {
namespace {

using namespace std::chrono_literals;
using base::Errc;
using model::JobOptions;
using nlohmann::json;

// What options_fault() says, and the native decoder with it.
std::string fault_of(const JobOptions& options) {
    const auto fault = options_fault(options);
    MsgpackWriter out;
    native::write_options(out, options);
    MsgpackReader in(out.view());
    JobOptions back;
    back.sync = options.sync;
    const auto native_fault = native::read_options(in, back);
    CHECK_FALSE(in.failed());
    if (!fault) {
        CHECK_FALSE(native_fault.has_value());
        CHECK(back == options);
        return {};
    }
    CHECK(fault->code == Errc::BadOption);
    CHECK(native_fault == fault);
    return fault->message;
}

std::string fault_of_json(const json& object) {
    const auto options = parse_options(object);
    return options ? std::string() : options.error().message;
}

}  // namespace

TEST_CASE("Options that go together have no fault") {
    native::Samples samples(61);
    for (int i = 0; i < 3000; ++i) {
        CHECK(fault_of(samples.options()).empty());
    }
}

TEST_CASE("delay and run_at exclude each other") {
    JobOptions options;
    options.delay = 30s;
    CHECK(fault_of(options).empty());
    options.run_at = base::WallTime(1s);
    CHECK(fault_of(options) ==
          "option delay (30s) and run_at exclude each other: give one of them");
    CHECK(fault_of_json({{"delay", "30s"}, {"run_at", 1}}) == fault_of(options));
    options.delay.reset();
    CHECK(fault_of(options).empty());
}

TEST_CASE("wait is for async jobs") {
    JobOptions options;
    options.wait = 200ms;
    CHECK(fault_of(options).empty());
    options.sync = true;
    CHECK(fault_of(options) ==
          "option wait (200ms) is for async jobs: a sync job's result is waited for anyway");
    CHECK(fault_of_json({{"wait", 0.2}, {"sync", true}}) == fault_of(options));
    options.wait.reset();
    CHECK(fault_of(options).empty());
}

TEST_CASE("A job is unique by a key or by its params, not both") {
    JobOptions options;
    options.unique = "mail-7";
    options.unique_params = true;
    CHECK(fault_of(options) == "option unique (mail-7) is true or a key, not both");
}

TEST_CASE("What to do with duplicates needs something that is unique") {
    JobOptions options;
    options.unique_scope = model::UniqueScope::Waiting;
    CHECK(fault_of(options) == "option unique_scope (waiting) needs the option unique");
    CHECK(fault_of_json({{"unique_scope", "waiting"}}) == fault_of(options));
    options.unique_params = true;
    CHECK(fault_of(options).empty());
    options = {};
    options.on_duplicate = model::OnDuplicate::Attach;
    CHECK(fault_of(options) == "option on_duplicate (attach) needs the option unique");
    CHECK(fault_of_json({{"on_duplicate", "attach"}}) == fault_of(options));
    options.unique = "k";
    CHECK(fault_of(options).empty());
}

TEST_CASE("What a group may do needs a group") {
    const auto check = [](std::string_view message, const json& object, auto set) {
        JobOptions options;
        set(options);
        CHECK(fault_of(options) == message);
        CHECK(fault_of_json(object) == message);
        options.group = "acme";
        CHECK(fault_of(options).empty());
    };
    check("option group_limit (5) needs the option group", {{"group_limit", 5}}, [](JobOptions& o) {
        o.group_limit = 5;
    });
    check("option group_rate (5/s) needs the option group", {{"group_rate", 5}}, [](JobOptions& o) {
        o.group_rate = model::Rate{200ms};
    });
    check("option group_weight (3) needs the option group",
          {{"group_weight", 3}},
          [](JobOptions& o) { o.group_weight = 3; });
}

TEST_CASE("Labels have no control characters and at most 255 bytes") {
    using Label = model::Label JobOptions::*;
    const std::pair<std::string, Label> labels[] = {{"channel", &JobOptions::channel},
                                                    {"context", &JobOptions::context},
                                                    {"group", &JobOptions::group},
                                                    {"unique", &JobOptions::unique},
                                                    {"batch", &JobOptions::batch}};
    for (const auto& [name, label] : labels) {
        JobOptions options;
        options.*label = "a\tb";
        CHECK(fault_of(options) ==
              "option " + name + " (a\\x09b) has a control character at byte 1");
        CHECK(fault_of_json({{name, "a\tb"}}) == fault_of(options));
        options.*label = std::string(255, 'x');
        CHECK(fault_of(options).empty());
        options.*label = std::string(256, 'x');
        CHECK(options_fault(options)->message.ends_with("has 256 bytes, 255 are allowed"));
    }
}

TEST_CASE("A job waits for so many jobs and no more") {
    JobOptions options;
    options.after.resize(model::kAfterMax);
    CHECK(fault_of(options).empty());
    options.after.resize(model::kAfterMax + 1);
    CHECK(options_fault(options)->message == "option after (16385 jobs) names at most 16384");
}

TEST_CASE("The words of the choices are read back") {
    for (const auto scope : {model::UniqueScope::Waiting, model::UniqueScope::Running}) {
        CHECK(unique_scope_named(name_of(scope)) == scope);
    }
    for (const auto way :
         {model::OnDuplicate::Drop, model::OnDuplicate::Attach, model::OnDuplicate::Replace}) {
        CHECK(on_duplicate_named(name_of(way)) == way);
    }
    CHECK_FALSE(unique_scope_named("unknown").has_value());
    CHECK_FALSE(on_duplicate_named("").has_value());
}

}  // namespace steward::wire
