// tests: the frame lists of docs/protocol.md are what the old dialects' codecs read and write.
#include <set>

#include <doctest/doctest.h>

#include "common/wire/dialect.hpp"
#include "tests/unit/wire/protocol_doc_examples.hpp"
#include "tests/unit/wire/protocol_page.hpp"

using namespace steward;
using namespace steward::wire;
using native::example_json;
using native::kExampleAttempt;
using native::kExampleJob;
using test::ProtocolPage;

namespace {

constexpr std::string_view kService = "resize";
const std::string kParams = R"({"id":5})";

std::vector<std::string> texts(const Frames& frames) {
    std::vector<std::string> all;
    for (const base::Blob& frame : frames) {
        all.emplace_back(frame.view());
    }
    return all;
}

model::Payload opaque(std::string_view bytes) {
    return {model::Encoding::Opaque, base::Blob::copy(bytes)};
}

ResultForClient result(bool succeeded, std::string_view text, model::Payload payload) {
    ResultForClient made;
    made.service = kService;
    made.job = kExampleJob;
    made.succeeded = succeeded;
    made.text = text;
    made.payload = std::move(payload);
    return made;
}

// Blocks of the page and what was compared with them.
class Page {
public:
    void written(const std::string& name, const Frames& frames) {
        CAPTURE(name);
        CHECK(texts(page_.frames(name)) == texts(frames));
        tested_.insert(name);
    }

    void request(const std::string& name,
                 DialectId id,
                 bool delimiter,
                 const ClientRequest& wanted) {
        CAPTURE(name);
        const Frames frames = page_.frames(name);
        const auto form = detect_client(frames);
        REQUIRE(form.has_value());
        CHECK(*form == Form{id, delimiter});
        const auto read = dialect(id).decode_request(frames);
        REQUIRE(read.has_value());
        CHECK(read->service == wanted.service);
        CHECK(read->sync == wanted.sync);
        CHECK(read->params == wanted.params);
        tested_.insert(name);
    }

    void ready(const std::string& name, DialectId id) {
        const auto said = from_worker(name, id);
        REQUIRE(std::holds_alternative<WorkerReadyFor>(said));
        CHECK(std::get<WorkerReadyFor>(said).service == kService);
    }

    void done(const std::string& name,
              DialectId id,
              const model::Attempt& attempt,
              const model::Payload& payload) {
        const auto said = from_worker(name, id);
        REQUIRE(std::holds_alternative<WorkerDone>(said));
        const auto& done = std::get<WorkerDone>(said);
        CHECK(done.attempt == attempt);
        CHECK(done.succeeded);
        CHECK(done.result == payload);
    }

    void check_all_tested() const {
        for (const auto& [key, block] : page_.blocks()) {
            const std::string& name = key;  // clang 14 captures no structured binding
            CAPTURE(name);
            CHECK((block.kind != "frames" || tested_.contains(name)));
        }
    }

private:
    WorkerSaid from_worker(const std::string& name, DialectId id) {
        CAPTURE(name);
        const Frames frames = page_.frames(name);
        const auto form = detect_worker(frames);
        REQUIRE(form.has_value());
        CHECK(form->dialect == id);
        auto said = dialect(id).decode_worker(frames);
        REQUIRE(said.has_value());
        tested_.insert(name);
        return *said;
    }

    ProtocolPage page_;
    std::set<std::string> tested_;
};

void check_zmws1(Page& page) {
    const Dialect& codec = dialect(DialectId::Zmws1);
    const Form form{DialectId::Zmws1, false};
    page.request("zmws1-request",
                 form.dialect,
                 false,
                 {std::string(kService), true, example_json(kParams), {}});
    page.written("zmws1-taken", codec.encode_taken(form, kService, kExampleJob));
    page.written("zmws1-partial",
                 codec.encode_partial(form, kService, kExampleJob, example_json("[1]")));
    page.written("zmws1-complete",
                 codec.encode_result(form, result(true, "", example_json("true"))));
    page.written("zmws1-fail", codec.encode_result(form, result(false, "no such file", {})));
    page.written("zmws1-refusal", codec.encode_refusal(form, kService, "the queue is full"));
    page.ready("zmws1-ready", form.dialect);
    page.done("zmws1-done", form.dialect, {kExampleJob, 0}, example_json("true"));
    page.written("zmws1-job", codec.encode_job(form, kExampleAttempt, example_json(kParams)));
}

void check_zmws2(Page& page) {
    const Dialect& codec = dialect(DialectId::Zmws2);
    const Form form{DialectId::Zmws2, true};
    page.request("zmws2-request",
                 form.dialect,
                 true,
                 {std::string(kService), true, example_json(kParams), {}});
    page.written("zmws2-taken", codec.encode_taken(form, kService, kExampleJob));
    page.written("zmws2-partial",
                 codec.encode_partial(form, kService, kExampleJob, example_json("[1]")));
    page.written("zmws2-complete",
                 codec.encode_result(form, result(true, "", example_json("true"))));
    page.ready("zmws2-ready", form.dialect);
    page.done("zmws2-done", form.dialect, {kExampleJob, 0}, example_json("true"));
    page.written("zmws2-job", codec.encode_job(form, kExampleAttempt, example_json(kParams)));
}

void check_mdp01(Page& page) {
    const Dialect& codec = dialect(DialectId::Mdp01);
    const Form form{DialectId::Mdp01, true};
    page.request(
        "mdp01-request", form.dialect, true, {std::string(kService), true, opaque("body"), {}});
    page.written("mdp01-reply", codec.encode_result(form, result(true, "", opaque("done"))));
    page.written("mdp01-fail", codec.encode_result(form, result(false, "no such file", {})));
    page.written("mdp01-job", codec.encode_job(form, kExampleAttempt, opaque("body")));
    page.done("mdp01-done", form.dialect, kExampleAttempt, opaque("done"));
}

void check_mdp02(Page& page) {
    const Dialect& codec = dialect(DialectId::Mdp02);
    const Form form{DialectId::Mdp02, false};
    page.request(
        "mdp02-request", form.dialect, false, {std::string(kService), true, opaque("body"), {}});
    page.written("mdp02-partial",
                 codec.encode_partial(form, kService, kExampleJob, opaque("half")));
    page.written("mdp02-final", codec.encode_result(form, result(true, "", opaque("done"))));
    page.written("mdp02-job", codec.encode_job(form, kExampleAttempt, opaque("body")));
    page.done("mdp02-done", form.dialect, kExampleAttempt, opaque("done"));
}

}  // namespace

TEST_CASE("every frame list of the page is what the codecs read and write") {
    Page page;
    check_zmws1(page);
    check_zmws2(page);
    check_mdp01(page);
    check_mdp02(page);
    page.check_all_tested();
}
