// tests: the command's words and what a job puts into them.
#include "worker/exec/arguments.hpp"

#include <doctest/doctest.h>

#include "common/wire/params.hpp"
#include "worker/exec/environment.hpp"

namespace steward::worker::exec {

using nlohmann::json;

namespace {

struct NoLink : JobLink {
    void partial(const model::Attempt&, model::Payload, const std::stop_token&) override {}

    void progress(const model::Attempt&, std::uint64_t, std::uint64_t, std::string) override {}

    base::Expected<model::JobId> submit(model::JobSpec) override { return model::JobId{}; }
};

JobOrder order_with(const json& params, const json& meta = nullptr) {
    JobOrder order;
    order.service = "resize";
    order.attempt = {model::JobId{1, 2}, 3};
    order.params = wire::encode_params(params, model::Encoding::Json);
    if (!meta.is_null()) {
        order.meta = wire::encode_params(meta, model::Encoding::Msgpack).bytes;
    }
    return order;
}

base::Expected<std::vector<std::string>> expand(const std::vector<std::string>& words,
                                                JobOrder order) {
    NoLink link;
    const Job job(std::move(order), link, std::stop_token());
    const auto arguments = Arguments::parse(words);
    REQUIRE(arguments.has_value());
    return arguments->expand(job);
}

std::string one(const std::string& word, const json& params, const json& meta = nullptr) {
    const auto words = expand({"program", word}, order_with(params, meta));
    if (!words) {
        return "! " + words.error().message;
    }
    REQUIRE(words->size() == 2);
    CHECK(words->front() == "program");
    return words->back();
}

std::string fault(const std::vector<std::string>& words) {
    const auto arguments = Arguments::parse(words);
    return arguments ? "" : arguments.error().message;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("placeholders take strings as they are and other values as JSON") {
    const json params = {{"name", "a b"}, {"n", 7}, {"on", true}, {"deep", {{"list", {1, "x"}}}}};
    CHECK(one("{{params.name}}", params) == "a b");
    CHECK(one("--n={{params.n}}.", params) == "--n=7.");
    CHECK(one("{{params.on}}{{params.deep.list.1}}", params) == "truex");
    CHECK(one("{{params.deep}}", params) == R"({"list":[1,"x"]})");
    CHECK(one("{{params}}", json("text")) == "text");
    CHECK(one("{{params.0}}", json({5, 6})) == "5");
    CHECK(one("{{service}}#{{attempt}}", params) == "resize#3");
    CHECK(one("{{id}}", params) == model::JobId{1, 2}.text());
    CHECK(one("{{open}}params}}", params) == "{{params}}");
    CHECK(one("}} and { }", params) == "}} and { }");
    CHECK(one("{{meta.trace}}", params, {{"trace", "17"}}) == "17");
}

TEST_CASE("a value that is put in is not read again") {
    CHECK(one("{{params.a}}", {{"a", "{{params.b}}"}, {"b", "no"}}) == "{{params.b}}");
}

TEST_CASE("what is not there is an error, or what stands behind the bar") {
    const json params = {{"null", nullptr}, {"list", {1}}};
    CHECK(contains(one("{{params.a}}", params), "the params lack what {{params.a}} stands for"));
    CHECK(contains(one("{{params.null}}", params), "lack"));
    CHECK(contains(one("{{params.list.1}}", params), "lack"));
    CHECK(contains(one("{{params.list.x}}", params), "lack"));
    CHECK(contains(one("{{meta.trace}}", params), "lack"));
    CHECK(one("{{params.a|}}", params).empty());
    CHECK(one("{{params.a|b|c}}", params) == "b|c");
    CHECK(one("{{meta.trace|none}}", params) == "none");
    CHECK(contains(one("{{params.a}}", {{"a", std::string("x\0y", 3)}}), "zero byte"));
}

TEST_CASE("a list becomes as many words as it has elements") {
    const auto words = expand({"rm", "--", "{{params.files*}}", "end"},
                              order_with({{"files", {"a b", 1, json::array()}}}));
    REQUIRE(words.has_value());
    CHECK(*words == std::vector<std::string>{"rm", "--", "a b", "1", "[]", "end"});
    const auto none = expand({"rm", "{{params.files*}}"}, order_with({{"files", json::array()}}));
    REQUIRE(none.has_value());
    CHECK(none->size() == 1);
    CHECK_FALSE(expand({"rm", "{{params.files*}}"}, order_with({{"files", "a"}})).has_value());
    CHECK_FALSE(expand({"rm", "{{params.files*}}"}, order_with(nullptr)).has_value());
}

TEST_CASE("opaque params that are JSON text are read as that") {
    JobOrder order = order_with(nullptr);
    order.params = {model::Encoding::Opaque, base::Blob::copy(R"({"a":5})")};
    const auto words = expand({"x", "{{params.a}}"}, std::move(order));
    REQUIRE(words.has_value());
    CHECK(words->back() == "5");
    JobOrder text = order_with(nullptr);
    text.params = {model::Encoding::Opaque, base::Blob::copy("{not json")};
    CHECK(expand({"x", "{{params}}"}, std::move(text))->back() == "{not json");
}

TEST_CASE("what is wrong with a command is told before any job") {
    CHECK(contains(fault({}), "no command"));
    CHECK(contains(fault({""}), "no command"));
    CHECK(contains(fault({"{{params.a}}"}), "must not choose it"));
    for (const char* word : {"{{}}",
                             "{{param.a}}",
                             "{{params.}}",
                             "{{params.a..b}}",
                             "{{meta.}}",
                             "{{id|x}}",
                             "{{meta.a*}}",
                             "{{attempt*}}",
                             "{{paramsx}}"}) {
        CHECK_MESSAGE(contains(fault({"x", word}), "there is no placeholder"), word);
    }
    CHECK(contains(fault({"x", "{{params.a"}), "not closed"));
    CHECK(contains(fault({"x", "a{{params.b*}}"}), "a word of its own"));
    CHECK(contains(fault({"x", "{{params.b*}}{{id}}"}), "a word of its own"));
}

TEST_CASE("the environment tells of the job, and what it lacks is not there") {
    NoLink link;
    JobOrder order = order_with(nullptr, {{"a-b", "1"}, {"Z9", "2"}});
    order.options.group = model::Label("acme");
    const Job job(std::move(order), link, std::stop_token());
    const auto variables = environment_of(job);
    REQUIRE(variables.has_value());
    CHECK(*variables == std::vector<std::string>{"STEWARD_JOB_ID=" + job.id().text(),
                                                 "STEWARD_JOB_SERVICE=resize",
                                                 "STEWARD_JOB_ATTEMPT=3",
                                                 "STEWARD_JOB_CHANNEL=default",
                                                 "STEWARD_JOB_PRIORITY=2048",
                                                 "STEWARD_JOB_CONTEXT=" + job.id().text(),
                                                 "STEWARD_JOB_GROUP=acme",
                                                 R"(STEWARD_JOB_META={"Z9":"2","a-b":"1"})",
                                                 "STEWARD_JOB_META_Z9=2",
                                                 "STEWARD_JOB_META_A_B=1"});
    const Job odd(order_with(nullptr, {{"a", std::string("x\0y", 3)}}), link, std::stop_token());
    CHECK_FALSE(environment_of(odd).has_value());
}

}  // namespace steward::worker::exec
