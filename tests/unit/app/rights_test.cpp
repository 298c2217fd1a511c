// tests/unit/app: who may do what: key by dialect by what is asked, and what nobody learns.
#include <algorithm>

#include <doctest/doctest.h>

#include "broker/app/audit.hpp"
#include "broker/app/request_object.hpp"
#include "tests/unit/app/node_world.hpp"

namespace steward::app {
namespace {

using namespace fakes;
namespace native = wire::native;

access::Grants granted(const access::GrantLines& lines) {
    auto grants = access::Grants::from(lines);
    REQUIRE(grants);
    return *grants;
}

access::PrincipalId number_of(std::string_view key) {
    static const std::vector<std::string_view> kKeys = {
        "submitter", "rival", "worker", "reader", "chief", "all", "tight", "slow", "nobody"};
    const auto at = std::ranges::find(kKeys, key);
    REQUIRE(at != kKeys.end());
    return access::PrincipalId{static_cast<std::uint32_t>(at - kKeys.begin()) + 1};
}

// The keys of this page. "nobody" is none of them.
std::vector<KeyGrants> keys_of_page() {
    access::GrantLines submitter;
    submitter.submit = {"mail*"};
    access::GrantLines worker;
    worker.work = {"mail"};
    access::GrantLines reader;
    reader.read = "all";
    access::GrantLines chief;
    chief.operate = true;
    return {{number_of("submitter"), "submitter", granted(submitter)},
            {number_of("rival"), "rival", granted(submitter)},
            {number_of("worker"), "worker", granted(worker)},
            {number_of("reader"), "reader", granted(reader)},
            {number_of("chief"), "chief", granted(chief)},
            {number_of("all"), "all", access::Grants::all()}};
}

struct Guarded : World {
    Guarded() {
        REQUIRE(node.set_keys(keys_of_page()));
        as("all", "w");
        worker("w", ready(Speaks::Native, "mail"));
        worker("w2", ready(Speaks::Native, "other"));
        pass(10s);
        worker("w", batch({native::Heartbeat{}}));
        worker("w2", batch({native::Heartbeat{}}));
        transport.sent.clear();
    }

    /// From now on `peer` speaks with this key.
    void as(const std::string& key, const std::string& peer) { keys[peer] = number_of(key); }

    std::string error(const std::string& from) {
        const auto refused = first<native::Refused>(transport.take(from));
        return refused ? std::string(base::name_of(refused->error.code)) : "";
    }
};

bool has_part(const std::vector<Words>& messages, std::string_view part) {
    return std::ranges::any_of(messages, [&](const Words& words) {
        return std::ranges::any_of(
            words, [&](const std::string& word) { return word.find(part) != std::string::npos; });
    });
}

bool audited(const World& world, std::string_view part) {
    return world.sink.audited.find(part) != std::string::npos;
}

native::Query query(std::string_view what, std::optional<model::JobId> job = {}) {
    native::Query asked;
    asked.number = 50;
    asked.what = what;
    asked.job = job;
    return asked;
}

native::Operate operate(std::string_view verb, std::string_view arguments) {
    native::Operate asked;
    asked.number = 60;
    asked.verb = verb;
    asked.arguments = base::Blob::copy(arguments);
    return asked;
}

model::JobId submitted(Guarded& world, const std::string& peer, const native::Submit& submit) {
    world.client(peer, batch({native::Session{9, 0}, submit}));
    const auto accepted = first<native::Accepted>(world.transport.take(peer));
    REQUIRE(accepted);
    return accepted->job;
}

}  // namespace

TEST_CASE("in every dialect a key submits to what it is granted and to nothing else") {
    struct Row {
        const char* key;
        bool mail;
        bool other;
    };

    const std::vector<Row> rows = {{"submitter", true, false},
                                   {"worker", false, false},
                                   {"reader", false, false},
                                   {"chief", false, false},
                                   {"all", true, true},
                                   {"nobody", false, false}};
    for (const Row& row : rows) {
        for (const Speaks speaks : kDialects) {
            CAPTURE(row.key);
            CAPTURE(static_cast<int>(speaks));
            for (const bool is_mail : {true, false}) {
                Guarded world;
                world.as(row.key, "c");
                world.client("c", call(speaks, is_mail ? "mail" : "other", "1"));
                const bool was_given = world.node.core().counters().accepted == 1;
                CHECK(was_given == (is_mail ? row.mail : row.other));
                if (!was_given) {
                    CHECK(has_part(
                        world.transport.take("c"),
                        std::string_view(row.key) == "nobody" ? "client keys" : "submit = ["));
                    CHECK(world.node.edge_counters().forbidden > 0);
                    CHECK(world.sink.audited.find("\"outcome\":\"refused\"") != std::string::npos);
                    CHECK(world.journal.records.empty());
                }
                world.node.core().check_invariants();
            }
        }
    }
}

TEST_CASE("in every dialect a key works for what it is granted and for nothing else") {
    for (const Speaks speaks : kDialects) {
        for (const char* key : {"submitter", "worker", "reader", "chief", "all", "nobody"}) {
            for (const char* service : {"mail", "other"}) {
                CAPTURE(key);
                CAPTURE(service);
                CAPTURE(static_cast<int>(speaks));
                World world;
                REQUIRE(world.node.set_keys(keys_of_page()));
                world.keys["w"] = number_of(key);
                world.worker("w", ready(speaks, service));
                const std::string_view who = key;
                const bool may =
                    who == "all" || (who == "worker" && std::string_view(service) == "mail");
                CHECK(world.node.core().services().rows.size() == (may ? 1 : 0));
                CHECK(world.node.edge_counters().forbidden == (may ? 0 : 1));
            }
        }
    }
}

TEST_CASE("what another's job is asked by, it is answered as if it had never been") {
    Guarded world;
    world.as("submitter", "c");
    world.as("rival", "r");
    native::Submit mine = native_submit(1, "mail", "\"secret\"", false);
    mine.spec.options.delay = 1h;
    mine.spec.options.context = "mine";
    const model::JobId job = submitted(world, "c", mine);
    const model::JobId never{job.epoch, job.number + 1000};
    const auto answers_of = [&](const model::JobId& id) {
        std::vector<std::string> answers;
        const std::vector<native::Command> asked = {
            query("status", id),
            query("why", id),
            native::Await{50, id, 0s, false},
            native::Await{50, id, 1s, true},
            operate("cancel", R"({"jobs":[")" + id.text() + R"("]})"),
            operate("retry", R"({"jobs":[")" + id.text() + R"("]})"),
            operate("discard", R"({"jobs":[")" + id.text() + R"("]})")};
        for (const native::Command& command : asked) {
            world.client("r", batch({command}));
            const auto refused = first<native::Refused>(world.transport.take("r"));
            REQUIRE(refused);
            std::string text =
                std::string(base::name_of(refused->error.code)) + refused->error.message;
            if (const auto at = text.find(id.text()); at != std::string::npos) {
                text.erase(at, model::JobId::kTextBytes);
            }
            answers.push_back(std::move(text));
        }
        for (const char* name : {"SERVER-STATUS", "mmi.status"}) {
            world.client("r", {"PARAM-JSON: \"" + id.text() + "\"", std::string("JOB: ") + name});
            std::string text;
            for (const Words& words : world.transport.take("r")) {
                for (const std::string& word : words) {
                    text += word + "|";
                }
            }
            if (const auto at = text.find(id.text()); at != std::string::npos) {
                text.erase(at, model::JobId::kTextBytes);
            }
            answers.push_back(std::move(text));
        }
        native::Submit after = native_submit(70, "mail", "", false);
        after.spec.options.after = {id};
        world.client("r", batch({native::Session{10, 0}, after}));
        const auto refused = first<native::Refused>(world.transport.take("r"));
        REQUIRE(refused);
        answers.emplace_back(base::name_of(refused->error.code));
        return answers;
    };
    CHECK(answers_of(job) == answers_of(never));

    // Listings have nothing of it, whoever is asked for.
    for (const std::string_view what : {"jobs", "active", "hist", "list"}) {
        native::Query listing = query(what);
        listing.context = "mine";
        world.client("r", batch({listing}));
        CHECK_FALSE(has_part(world.transport.take("r"), job.text()));
        world.client("c", batch({query(what)}));
        CHECK(has_part(world.transport.take("c"), job.text()) ==
              (what == "jobs" || what == "list"));
    }
    world.client("r", batch({operate("cancel", R"({"context":"mine"})")}));
    CHECK(has_part(world.transport.take("r"), "\"changed\":0"));
    world.client("c", batch({query("status", job)}));
    CHECK(has_part(world.transport.take("c"), "\"scheduled\""));
    world.client("c", batch({operate("cancel", R"({"context":"mine"})")}));
    CHECK(has_part(world.transport.take("c"), "\"changed\":1"));
    world.node.core().check_invariants();
}

TEST_CASE(
    "a unique key, a batch and a session are their owner's: another's of the same name is "
    "another") {
    Guarded world;
    world.as("submitter", "c");
    world.as("rival", "r");
    native::Submit unique = native_submit(1, "mail", "1", false);
    unique.spec.options.unique = "k";
    unique.spec.options.delay = 1h;
    const model::JobId first_job = submitted(world, "c", unique);
    // The same session and number, and the same unique key.
    unique.again = true;
    const model::JobId second_job = submitted(world, "r", unique);
    CHECK(second_job != first_job);
    CHECK(submitted(world, "c", unique) == first_job);

    for (const char* peer : {"c", "r"}) {
        world.client(peer, batch({operate("batch-open", R"({"batch":"b"})")}));
        CHECK(has_part(world.transport.take(peer), "\"changed\":1"));
    }
    native::Submit in_batch = native_submit(2, "mail", "1", false);
    in_batch.spec.options.batch = "b";
    submitted(world, "c", in_batch);
    native::Query batches = query("batches");
    world.client("r", batch({batches}));
    CHECK(has_part(world.transport.take("r"), "\"total\":0"));
    world.client("r", batch({operate("batch-close", R"({"batch":"b"})")}));
    world.transport.take("r");
    submitted(world, "c", native_submit(3, "mail", "1", false));
    native::Submit late = native_submit(4, "mail", "1", false);
    late.spec.options.batch = "b";
    submitted(world, "c", late);  // its own is still open
    world.node.core().check_invariants();
}

TEST_CASE("what tells of everybody needs read, what changes for everybody needs operate") {
    struct Row {
        native::Command asked;
        bool reader;
        bool chief;
    };

    const std::vector<Row> rows = {
        {query("workers"), true, true},
        {query("services"), true, true},
        {query("broker"), true, true},
        {query("groups"), true, true},
        {query("limits"), true, true},
        {query("schedules"), true, true},
        {operate("mode", R"({"changes":[{"service":"mail","mode":"paused"}]})"), false, true},
        {operate("purge", R"({"service":"mail"})"), false, true},
        {operate("edit", R"({"job":"000w0s6jkv5g0000000000001a","priority":1})"), false, true},
        {operate("limit-set", R"({"limit":"l","at_once":1,"services":["mail"]})"), false, true},
        {operate("limit-remove", R"({"limit":"l"})"), false, true},
        {operate("group-set", R"({"group":"g","weight":2})"), false, true},
        {operate("schedule-set", R"({"schedule":"s","expression":"@daily","service":"mail"})"),
         false,
         true},
        {operate("schedule-remove", R"({"schedule":"s"})"), false, true}};
    Guarded world;
    for (const char* key : {"submitter", "worker", "reader", "chief", "all"}) {
        world.as(key, key);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            CAPTURE(key);
            CAPTURE(i);
            world.client(key, batch({rows[i].asked}));
            const std::string_view who = key;
            const bool may = who == "all" || (who == "reader" && rows[i].reader) ||
                             (who == "chief" && rows[i].chief);
            CHECK((world.error(key) != "Forbidden") == may);
        }
    }
    // The same in the words of older dialects.
    world.as("submitter", "old");
    for (const char* name : {"SERVER-WORKERS", "SERVER-STATUS"}) {
        world.client("old", {std::string("JOB: ") + name});
        CHECK(has_part(world.transport.take("old"), "read = \\\"all\\\""));
    }
    world.client("old", {"", "MDPC01", "mmi.workers"});
    CHECK(has_part(world.transport.take("old"), "403"));
    for (const char* service : {"other", "never-was"}) {
        world.client("old", {"", "MDPC01", "mmi.service", service});
        CHECK(has_part(world.transport.take("old"), "404"));
    }
    world.client("old", {"", "MDPC01", "mmi.service", "mail"});
    CHECK(has_part(world.transport.take("old"), "200"));
}

TEST_CASE("who reads all and does not operate sees a job and cannot change it") {
    Guarded world;
    world.as("submitter", "c");
    world.as("reader", "r");
    native::Submit delayed = native_submit(1, "mail", "1", false);
    delayed.spec.options.delay = 1h;
    const model::JobId job = submitted(world, "c", delayed);
    world.client("r", batch({query("status", job)}));
    CHECK(has_part(world.transport.take("r"), job.text()));
    world.client("r", batch({operate("cancel", R"({"jobs":[")" + job.text() + R"("]})")}));
    CHECK(world.error("r") == "UnknownJob");
    world.as("chief", "o");
    world.client("o", batch({operate("cancel", R"({"jobs":[")" + job.text() + R"("]})")}));
    CHECK(has_part(world.transport.take("o"), "\"changed\":1"));
    const std::string act = R"("act":"operate","what":"cancel","object":"job )" + job.text();
    CHECK(audited(world,
                  R"("key":"reader",)" + act + R"(","outcome":"failed","error":"UnknownJob")"));
    CHECK(audited(world, R"("key":"chief",)" + act + R"(","outcome":"allowed")"));
}

TEST_CASE("the audit log says what an operator's request was about, a page of names at most") {
    struct Row {
        native::Operate asked;
        std::string object;
    };

    std::string jobs;
    std::string services;
    for (int i = 0; i < 8; ++i) {
        jobs += (i == 0 ? "\"" : ",\"") + model::JobId().text() + '"';
        services += std::string(i == 0 ? "" : ",") + R"({"service":"s)" + std::to_string(i) +
                    R"(","mode":"draining"})";
    }
    const std::string none = "job " + model::JobId().text();
    std::string many = none;
    for (std::size_t i = 1; i < kObjectsNamedMax; ++i) {
        many += ", " + none;
    }
    many += " and 3 more";
    const std::vector<Row> rows = {
        {operate("cancel", R"({"jobs":[)" + jobs + "]}"), many},
        {operate("retry", R"({"service":"mail","context":"c","states":["dead"]})"),
         "service mail, context c, state dead"},
        {operate("discard", R"({"group":"g","batch":"b"})"), "group g, batch b"},
        {operate("purge", R"({"service":"mail"})"), "service mail"},
        {operate("edit", R"({"job":")" + model::JobId().text() + R"(","priority":1})"), none},
        {operate("mode", R"({"changes":[{"mode":"paused"}]})"), "all services paused"},
        {operate("mode", R"({"changes":[)" + services + "]}"),
         "s0 draining, s1 draining, s2 draining, s3 draining, s4 draining and 3 more"},
        {operate("limit-set", R"({"limit":"l","at_once":1,"services":["mail"]})"), "l"},
        {operate("group-set", R"({"group":"g","weight":2})"), "g"},
        {operate("schedule-set", R"({"schedule":"s","expression":"@daily","service":"mail"})"),
         "s"},
        {operate("batch-open", R"({"batch":"b"})"), "b"},
        {operate("cancel", R"({"context":")" + std::string(250, 'c') + R"("})"),
         "context " + std::string(250, 'c')}};
    for (const Row& row : rows) {
        Guarded world;
        world.as("all", "o");
        world.client("o", batch({row.asked}));
        CAPTURE(row.asked.verb);
        CAPTURE(world.sink.audited);
        CHECK(audited(world, R"("object":")" + row.object + R"(","outcome")"));
    }
}

TEST_CASE("who guesses the admin secret is counted, and stands in the audit log") {
    Guarded world;
    world.node.set_secret([](std::string_view text) { return text == "the right one"; });
    world.as("reader", "r");
    world.client("r", batch({operate("stop", R"({"secret":"a guess"})")}));
    CHECK(world.error("r") == "Forbidden");
    CHECK(world.node.edge_counters().forbidden == 1);
    CHECK(audited(world,
                  R"("key":"reader","act":"operate","what":"stop","object":"broker",)"
                  R"("outcome":"refused","missing":"admin secret")"));
    CHECK_FALSE(audited(world, "a guess"));
}

TEST_CASE("a key that is taken away is refused on the connection it has, and its jobs stay its") {
    Guarded world;
    world.as("submitter", "c");
    native::Submit delayed = native_submit(1, "mail", "1", false);
    delayed.spec.options.delay = 1h;
    const model::JobId job = submitted(world, "c", delayed);
    REQUIRE(world.node.set_keys({}));
    world.client("c", batch({query("status", job)}));
    CHECK(world.error("c") == "Forbidden");
    REQUIRE(world.node.set_keys(keys_of_page()));
    world.client("c", batch({query("status", job)}));
    CHECK(has_part(world.transport.take("c"), job.text()));
}

TEST_CASE("a routing id that comes with another key is another peer") {
    Guarded world;
    world.as("submitter", "c");
    world.client("c", batch({native::Session{9, 0}, native_submit(1, "mail", "1", true)}));
    const auto job = job_in(Speaks::Native, world.transport.take("w").at(0));
    REQUIRE(job);
    world.as("rival", "c");
    world.client("c", {"JOB: SERVER-JOBS"});
    world.transport.sent.clear();
    world.worker("w", done(Speaks::Native, "mail", *job, "\"secret\""));
    CHECK_FALSE(has_part(world.transport.take("c"), "secret"));
    world.node.core().check_invariants();
}

TEST_CASE("owners outlive the broker by their names") {
    Guarded world;
    world.as("submitter", "c");
    native::Submit delayed = native_submit(1, "mail", "\"treasure\"", false);
    delayed.spec.options.delay = 1h;
    const model::JobId job = submitted(world, "c", delayed);

    World next({}, world.journal.records);
    // Other keys first: numbers are given anew.
    auto again = keys_of_page();
    std::ranges::reverse(again);
    REQUIRE(next.node.set_keys(again));
    next.keys["c"] = number_of("submitter");
    next.keys["r"] = number_of("rival");
    next.client("r", batch({query("status", job)}));
    CHECK_FALSE(has_part(next.transport.take("r"), "treasure"));
    next.client("c", batch({query("status", job)}));
    CHECK(has_part(next.transport.take("c"), "treasure"));
    next.node.core().check_invariants();
}

TEST_CASE("a key at its quota is told what is full, and others notice nothing") {
    Guarded world;
    access::GrantLines tight;
    tight.submit = {"*"};
    tight.quota = {2, 100, 0};
    auto with = keys_of_page();
    with.push_back({number_of("tight"), "tight", granted(tight)});
    REQUIRE(world.node.set_keys(with));
    world.as("tight", "t");
    world.as("submitter", "c");
    const auto delayed = [](std::uint64_t number, std::string_view json) {
        native::Submit submit = native_submit(number, "mail", json, false);
        submit.spec.options.delay = 1h;
        return submit;
    };
    const model::JobId one = submitted(world, "t", delayed(1, "1"));
    world.client("t",
                 batch({native::Session{9, 0}, delayed(2, '"' + std::string(100, 'x') + '"')}));
    CHECK(world.error("t") == "OverQuota");
    submitted(world, "t", delayed(3, "1"));
    const std::size_t records = world.journal.records.size();
    // A run of neighbours too.
    world.client("t",
                 batch({native::Session{9, 0},
                        native_submit(4, "mail", "1", false),
                        native_submit(5, "mail", "1", false)}));
    const auto refused = first<native::Refused>(world.transport.take("t"));
    REQUIRE(refused);
    CHECK(refused->error.message.find("jobs_max") != std::string::npos);
    CHECK(refused->error.retry_after);
    CHECK(world.journal.records.size() == records);
    submitted(world, "c", delayed(1, '"' + std::string(500, 'x') + '"'));
    world.client("t", batch({operate("cancel", R"({"jobs":[")" + one.text() + R"("]})")}));
    world.transport.take("t");
    submitted(world, "t", delayed(6, "1"));
    world.node.core().check_invariants();
}

TEST_CASE("a rate lets a second's worth pass at once and then so many a second") {
    Guarded world;
    access::GrantLines slow;
    slow.submit = {"*"};
    slow.quota.submits_per_second = 5;
    REQUIRE(world.node.set_keys({{number_of("slow"), "slow", granted(slow)},
                                 {number_of("all"), "all", access::Grants::all()}}));
    world.as("slow", "s");
    std::uint64_t number = 0;
    const auto taken_of = [&](int tries) {
        int taken = 0;
        for (int i = 0; i < tries; ++i) {
            world.client(
                "s", batch({native::Session{9, 0}, native_submit(++number, "mail", "1", false)}));
            const auto answers = world.transport.take("s");
            taken += first<native::Accepted>(answers) ? 1 : 0;
            if (const auto refused = first<native::Refused>(answers)) {
                CHECK(refused->error.retry_after);
                CHECK(*refused->error.retry_after <= 200ms);
            }
        }
        return taken;
    };
    CHECK(taken_of(10) == 5);
    world.pass(199ms);
    CHECK(taken_of(1) == 0);
    world.pass(1ms);
    CHECK(taken_of(2) == 1);
    world.pass(400ms);
    CHECK(taken_of(5) == 2);
    world.pass(1h);
    CHECK(taken_of(10) == 5);
}

TEST_CASE("a flood of refusals is a few lines, and what they were is counted") {
    AuditLines audit;
    base::Now now{base::MonoTime(1h), base::WallTime(1'700'000'000s)};
    for (int i = 0; i < 100'000; ++i) {
        audit.note(now, {"web", "submit", "mail", "submit = [\"mail\"]"});
    }
    CHECK(audit.take(now) ==
          R"({"time":"2023-11-14T22:13:20Z","times":1,"key":"web","act":"submit","what":"mail",)"
          R"("outcome":"refused","missing":"submit = [\"mail\"]"})"
          "\n");
    CHECK(audit.take(now).empty());
    CHECK(audit.next_deadline() == now.mono + AuditLines::kWindow);
    now.mono += AuditLines::kWindow;
    CHECK(audit.take(now).find("\"times\":99999,") != std::string::npos);
    CHECK_FALSE(audit.next_deadline());
    for (std::size_t i = 0; i < 2 * AuditLines::kKindsMax; ++i) {
        audit.note(now, {"web", "submit", std::to_string(i), "x"});
    }
    const std::string lines = audit.take(now);
    CHECK(static_cast<std::size_t>(std::ranges::count(lines, '\n')) == AuditLines::kKindsMax + 1);
    CHECK(audit.refused() == 100'000 + 2 * AuditLines::kKindsMax);
}

}  // namespace steward::app
