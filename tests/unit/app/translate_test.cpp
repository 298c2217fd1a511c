// broker/app: what messages of every dialect amount to, and that none can do harm.
#include "broker/app/translate.hpp"

#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "broker/app/translate_management.hpp"
#include "common/wire/dialect.hpp"
#include "common/wire/native.hpp"
#include "tests/unit/app/node_fakes.hpp"

namespace steward::app {
namespace {

using namespace std::chrono_literals;
using fakes::frames_of;
using fakes::Words;
namespace native = wire::native;
using wire::DialectId;

struct Recorder final : Receiver {
    void take(core::Input&& input) override { inputs.push_back(std::move(input)); }

    void greet(model::Peer peer) override { greeted.push_back(peer); }

    void answer(core::Send&& send) override { answers.push_back(std::move(send)); }

    void note(const Act& act) override { acts.emplace_back(act.act); }

    void operate(core::Operator&& request, const Act& act) override {
        note(act);
        take(std::move(request));
    }

    template <class Input>
    const Input& only() const {
        REQUIRE(inputs.size() == 1);
        REQUIRE(std::holds_alternative<Input>(inputs.front()));
        return std::get<Input>(inputs.front());
    }

    const core::Refused& refusal() const {
        REQUIRE(answers.size() == 1);
        REQUIRE(std::holds_alternative<core::Refused>(answers.front().what));
        return std::get<core::Refused>(answers.front().what);
    }

    std::vector<core::Input> inputs;
    std::vector<core::Send> answers;
    std::vector<std::string> acts;
    std::vector<model::Peer> greeted;
    Reading reading = Reading::Garbage;
};

constexpr model::Peer kPeer{7};

Recorder heard(Side side, const Frames& frames) {
    Recorder recorder;
    recorder.reading =
        translate({side, kPeer, access::kAnonymous, true}, frames, {5s, 1000}, recorder);
    return recorder;
}

Recorder from_client(const Words& words) {
    return heard(Side::Frontend, frames_of(words));
}

Recorder from_worker(const Words& words) {
    return heard(Side::Backend, frames_of(words));
}

Frames batch_of(const std::vector<native::Command>& commands) {
    native::BatchWriter writer;
    for (const native::Command& command : commands) {
        writer.add(command);
    }
    return writer.take();
}

native::Submit submit_of(std::uint64_t number, std::string_view service) {
    native::Submit submit;
    submit.number = number;
    submit.spec.service = *model::ServiceName::parse(service);
    return submit;
}

DialectId dialect_of(std::uint32_t form) {
    return wire::Form::unpack(form).dialect;
}

const std::string kOne(1, '\x01');

}  // namespace

TEST_CASE("a request of each old dialect becomes a submission with that dialect's rules") {
    struct Case {
        Words words;
        DialectId dialect;
        bool sync;
        core::UnknownService unknown;
    };

    using core::UnknownService;
    const std::vector<Case> cases = {
        {{"JOB: mail"}, DialectId::Zmws1, false, UnknownService::Refuse},
        {{"PARAM-JSON: 1", "JOB: SYNC-mail"}, DialectId::Zmws1, true, UnknownService::Refuse},
        {{"", "MDPC02", "1", "mail"}, DialectId::Zmws2, false, UnknownService::Refuse},
        {{"MDPC02", "1", "SYNC-mail"}, DialectId::Zmws2, true, UnknownService::Refuse},
        {{"", "MDPC01", "mail", "body"}, DialectId::Mdp01, true, UnknownService::Hold},
        {{"MDPC02", kOne, "mail", "body"}, DialectId::Mdp02, true, UnknownService::Hold},
    };
    for (const Case& one : cases) {
        const Recorder got = from_client(one.words);
        CHECK(got.reading == Reading::Understood);
        const auto& submit = got.only<core::Submit>();
        CHECK(submit.from.peer == kPeer);
        CHECK(dialect_of(submit.from.form) == one.dialect);
        CHECK(submit.spec.service.view() == "mail");
        CHECK(submit.spec.options.sync == one.sync);
        CHECK(submit.unknown == one.unknown);
        CHECK(submit.submission == model::SubmissionId{});
    }
}

TEST_CASE("a worker of each old dialect runs one job at a time and may be silent while it does") {
    struct Case {
        Words words;
        DialectId dialect;
        bool unique;
    };

    const std::vector<Case> cases = {{{"mail", "READY"}, DialectId::Zmws1, false},
                                     {{"MDPC02", "3", "mail", "READY"}, DialectId::Zmws2, false},
                                     {{"", "MDPW01", kOne, "mail"}, DialectId::Mdp01, true},
                                     {{"MDPW02", kOne, "mail"}, DialectId::Mdp02, true}};
    for (const Case& one : cases) {
        const Recorder got = from_worker(one.words);
        CHECK(got.reading == Reading::Understood);
        const auto& ready = got.only<core::Ready>();
        CHECK(dialect_of(ready.from.form) == one.dialect);
        CHECK(ready.name == wire::name_of(one.dialect));
        CHECK(ready.services.size() == 1);
        CHECK(ready.concurrency == 1);
        CHECK(ready.credit_max == 1);
        CHECK(!ready.beats_while_busy);
        CHECK(ready.unique_ready == one.unique);
    }
}

TEST_CASE("a ZMWS worker names the job it has done, not the attempt") {
    const std::string id = model::JobId{5, 6}.text();
    const Recorder done = from_worker({"PARAM-JSON: 3", "mail", "COMPLETE: " + id});
    CHECK(done.only<core::Finish>().attempt == model::Attempt{{5, 6}, 0});
    CHECK(done.only<core::Finish>().outcome.verdict == model::Verdict::Succeeded);
    const Recorder failed = from_worker({"MDPC02", "3", "mail", "FAIL: " + id});
    CHECK(failed.only<core::Finish>().outcome.verdict == model::Verdict::Failed);
    CHECK(from_worker({"mail", "CONT: " + id}).only<core::Partial>().attempt.number == 0);
    CHECK(from_worker({"HEARTBEAT"}).only<core::Heartbeat>().from_worker);
    CHECK(!from_worker({"MDPW02", "\x06"}).only<core::Goodbye>().finishing);
}

TEST_CASE("who speaks on the other side's socket is understood where there is no doubt") {
    CHECK(from_client({"MDPW02", kOne, "mail"}).only<core::Ready>().services.size() == 1);
    CHECK(from_client({"mail", "READY"}).only<core::Ready>().services.size() == 1);
    CHECK(from_worker({"", "MDPC01", "mail", "x"}).only<core::Submit>().spec.options.sync);
    CHECK(from_worker({"JOB: mail"}).only<core::Submit>().spec.service.view() == "mail");
    CHECK(!heard(Side::Frontend, batch_of({native::Heartbeat{}}))
               .only<core::Heartbeat>()
               .from_worker);
}

TEST_CASE("names that only look like the broker's own are ordinary services") {
    for (const std::string name : {"mail",
                                   "image",
                                   ".x",
                                   "commi.x",
                                   "mmi",
                                   "MMI.service",
                                   "SERVER-",
                                   "SERVER-SERVICES",
                                   "xSERVER-JOBS"}) {
        CHECK(from_client({"", "MDPC01", name, "x"}).only<core::Submit>().spec.service.view() ==
              name);
        CHECK(from_worker({"", "MDPW01", kOne, name}).only<core::Ready>().services.size() == 1);
    }
}

TEST_CASE("management requests are queries in every dialect and carry their name along") {
    using core::QueryKind;
    const std::vector<std::pair<std::string, QueryKind>> cases = {
        {"SERVER-JOBS", QueryKind::Jobs},
        {"SERVER-ACTIVE", QueryKind::Active},
        {"SERVER-HIST", QueryKind::History},
        {"SERVER-WORKERS", QueryKind::Workers},
        {"SERVER-STATUS", QueryKind::Broker},
        {"mmi.workers", QueryKind::Workers},
        {"mmi.services", QueryKind::Services},
        {"mmi.jobs", QueryKind::Jobs},
        {"mmi.status", QueryKind::Broker}};
    for (const auto& [name, kind] : cases) {
        for (const Words& words : std::vector<Words>{{"JOB: " + name},
                                                     {"JOB: SYNC-" + name},
                                                     {"", "MDPC02", "1", "SYNC-" + name},
                                                     {"", "MDPC01", name},
                                                     {"", "MDPC01", name, "some body"},
                                                     {"MDPC02", kOne, name}}) {
            const Recorder got = from_client(words);
            CHECK(got.only<core::Query>().kind == kind);
            CHECK(management_name(got.only<core::Query>().from.form) == name);
        }
        const Recorder got =
            heard(Side::Frontend, batch_of({native::Session{9, 0}, submit_of(4, name)}));
        CHECK(got.only<core::Query>().from.correlation == 4);
        CHECK(management_name(got.only<core::Query>().from.form) == name);
    }
}

TEST_CASE("mmi.service asks for the service in the body, bare or encoded") {
    const auto asked = [](const Words& words) {
        return from_client(words).only<core::Query>().which.service;
    };
    CHECK(asked({"", "MDPC01", "mmi.service", "mail"}) == "mail");
    CHECK(asked({"", "MDPC01", "mmi.service", "mail", "more"}) == "mail");
    CHECK(asked({"PARAM-JSON: \"mail\"", "JOB: SYNC-mmi.service"}) == "mail");
    CHECK(from_client({"", "MDPC01", "mmi.service"}).refusal().error.code == base::Errc::BadName);
    CHECK(from_client({"PARAM-JSON: {", "JOB: mmi.service"}).refusal().error.code ==
          base::Errc::BadName);
}

TEST_CASE("a job's id in the body of a status request asks for that job") {
    const model::JobId id{1, 2};
    const Recorder got = from_client({"", "MDPC01", "mmi.status", id.text()});
    CHECK(got.only<core::Query>().kind == core::QueryKind::Status);
    CHECK(got.only<core::Query>().which.jobs == std::vector{id});
}

TEST_CASE("an mmi. name that nobody defined is answered 501, a bad one 400, an unknown job 404") {
    CHECK(from_client({"", "MDPC01", "mmi.nonsense", "x"}).refusal().error.code ==
          base::Errc::UnknownCommand);
    CHECK(from_client({"", "MDPC01", "mmi."}).refusal().service == "mmi.");
    CHECK(mmi_status(base::Errc::UnknownCommand) == "501");
    CHECK(mmi_status(base::Errc::BadName) == "400");
    CHECK(mmi_status(base::Errc::UnknownJob) == "404");
    CHECK(mmi_status(base::Errc::TooManyJobs) == "500");
}

TEST_CASE("a worker that announces a reserved or impossible name has misbehaved") {
    for (const std::string name : {"mmi.x", "SERVER-JOBS", "two words", ""}) {
        for (const Words& words :
             std::vector<Words>{{"", "MDPW01", kOne, name}, {"MDPW02", kOne, name}}) {
            const Recorder got = from_worker(words);
            CHECK(got.reading == Reading::Malformed);
            CHECK(!got.only<core::Misbehaved>().why.empty());
        }
    }
    native::WorkerReady ready;
    ready.services = {"mail", "mmi.x"};
    const Recorder got = heard(Side::Backend, batch_of({ready}));
    CHECK(got.reading == Reading::Malformed);
    CHECK(got.only<core::Misbehaved>().from.form == 0);
}

TEST_CASE("a native READY announces many services and what still runs") {
    native::WorkerReady ready;
    ready.library = "lib";
    ready.services = {"mail", "image"};
    ready.concurrency = 4;
    ready.credit_max = 100;
    ready.heartbeat_interval = 1s;
    ready.running = {{{{1, 2}, 3}, {4, 5}, "mail"}};
    const Recorder got = heard(Side::Backend, batch_of({ready}));
    const auto& input = got.only<core::Ready>();
    CHECK(input.services.size() == 2);
    CHECK(input.concurrency == 4);
    CHECK(input.credit_max == 100);
    CHECK(input.heartbeat_interval == 1s);
    CHECK(input.beats_while_busy);
    CHECK(!input.unique_ready);
    REQUIRE(input.running.size() == 1);
    CHECK(input.running.front().submission == model::SubmissionId{4, 5});

    ready.version = 2;
    CHECK(heard(Side::Backend, batch_of({ready})).reading == Reading::Malformed);
    native::WorkerReady nothing;
    CHECK(heard(Side::Backend, batch_of({nothing})).reading == Reading::Malformed);
}

TEST_CASE("a native batch is taken command by command under its session") {
    native::Submit again = submit_of(12, "mail");
    again.again = true;
    const Recorder got =
        heard(Side::Frontend, batch_of({native::Session{77, 11}, submit_of(11, "mail"), again}));
    CHECK(got.reading == Reading::Understood);
    REQUIRE(got.inputs.size() == 3);
    CHECK(std::get<core::Acknowledge>(got.inputs[0]).below == 11);
    const auto& first = std::get<core::Submit>(got.inputs[1]);
    CHECK(first.submission == model::SubmissionId{77, 11});
    CHECK(first.from.correlation == 11);
    CHECK(first.unknown == core::UnknownService::RefuseOnceSettled);
    CHECK(!first.again);
    CHECK(std::get<core::Submit>(got.inputs[2]).again);
}

TEST_CASE("native neighbours that are alike are taken as one") {
    native::Submit last = submit_of(14, "mail");
    last.spec.options.priority = 1;
    const Recorder got = heard(Side::Frontend,
                               batch_of({native::Session{77, 11},
                                         submit_of(11, "mail"),
                                         submit_of(12, "mail"),
                                         submit_of(13, "mail"),
                                         last}));
    CHECK(got.reading == Reading::Understood);
    REQUIRE(got.inputs.size() == 3);
    const auto& run = std::get<core::SubmitRun>(got.inputs[1]);
    CHECK(run.session == 77);
    CHECK(run.from.peer == kPeer);
    CHECK(run.service.view() == "mail");
    CHECK(run.unknown == core::UnknownService::RefuseOnceSettled);
    REQUIRE(run.jobs.size() == 3);
    CHECK(run.jobs[0].number == 11);
    CHECK(run.jobs[2].number == 13);
    CHECK(std::get<core::Submit>(got.inputs[2]).spec.options.priority == 1);

    const Recorder mixed = heard(Side::Frontend,
                                 batch_of({native::Session{77, 11},
                                           submit_of(11, "mail"),
                                           submit_of(12, "post"),
                                           submit_of(13, "post"),
                                           submit_of(14, "mmi.echo"),
                                           submit_of(15, "post"),
                                           submit_of(16, "mail")}));
    CHECK(mixed.reading == Reading::Malformed);  // there is no mmi.echo
    REQUIRE(mixed.inputs.size() == 3);
    const auto& before = std::get<core::SubmitRun>(mixed.inputs[1]);
    CHECK(before.service.view() == "mail");
    REQUIRE(before.jobs.size() == 3);
    CHECK(before.jobs[1].service.view() == "post");
    CHECK(before.jobs[2].service.view().empty());
    const auto& behind = std::get<core::SubmitRun>(mixed.inputs[2]);
    CHECK(behind.service.view() == "post");
    REQUIRE(behind.jobs.size() == 2);
    CHECK(behind.jobs[0].number == 15);
    CHECK(behind.jobs[1].service.view() == "mail");
    CHECK(mixed.answers.size() == 1);

    // What the broker itself is asked is asked one by one.
    const Recorder asked = heard(
        Side::Frontend,
        batch_of(
            {native::Session{77, 11}, submit_of(11, "SERVER-HIST"), submit_of(12, "SERVER-HIST")}));
    REQUIRE(asked.inputs.size() == 3);
    CHECK(std::get<core::Query>(asked.inputs[2]).from.correlation == 12);
}

TEST_CASE("native neighbours are taken as one as far as the key may submit for their services") {
    access::GrantLines lines;
    lines.submit = {"mail*"};
    Rights rights;
    rights.set_grants(access::Grants::from(lines).value());
    Recorder got;
    got.reading = translate({Side::Frontend, kPeer, access::PrincipalId{1}, true, &rights},
                            batch_of({native::Session{77, 11},
                                      submit_of(11, "mail"),
                                      submit_of(12, "mailbox"),
                                      submit_of(13, "post"),
                                      submit_of(14, "post"),
                                      submit_of(15, "mail"),
                                      submit_of(16, "post")}),
                            {5s, 1000},
                            got);
    REQUIRE(got.inputs.size() == 3);
    CHECK(std::get<core::SubmitRun>(got.inputs[1]).jobs.size() == 2);
    REQUIRE(std::holds_alternative<core::SubmitRun>(got.inputs[2]));
    CHECK(std::get<core::SubmitRun>(got.inputs[2]).jobs.size() == 1);
    std::vector<std::uint64_t> refused;
    for (const core::Send& send : got.answers) {
        CHECK(std::get<core::Refused>(send.what).error.code == base::Errc::Forbidden);
        refused.push_back(send.to.correlation);
    }
    CHECK(refused == std::vector<std::uint64_t>{13, 14, 16});
}

TEST_CASE("native successes one after another are taken as one, a failure is not") {
    native::Finish finish;
    finish.attempt = {{1, 2}, 1};
    finish.run_time = 3s;
    native::Finish second = finish;
    second.attempt.job.number = 3;
    native::Finish failure = finish;
    failure.outcome.verdict = model::Verdict::Failed;
    const Recorder got = heard(Side::Backend, batch_of({failure, finish, second, failure, finish}));
    CHECK(got.reading == Reading::Understood);
    REQUIRE(got.inputs.size() == 4);
    const auto& run = std::get<core::FinishRun>(got.inputs[1]);
    CHECK(run.from == kPeer);
    REQUIRE(run.attempts.size() == 2);
    CHECK(run.attempts[0].attempt == finish.attempt);
    CHECK(run.attempts[0].run_time == base::Duration(3s));
    CHECK(run.attempts[1].attempt == second.attempt);
    CHECK(std::get<core::Finish>(got.inputs[3]).attempt == finish.attempt);
}

TEST_CASE("a submission outside any session is refused by its number, what follows is taken") {
    const Recorder got =
        heard(Side::Frontend,
              batch_of({submit_of(3, "mail"), native::Session{1, 0}, submit_of(4, "mail")}));
    CHECK(got.reading == Reading::Malformed);
    CHECK(got.refusal().error.code == base::Errc::Malformed);
    CHECK(got.answers.front().to.correlation == 3);
    CHECK(got.only<core::Submit>().submission.number == 4);
}

TEST_CASE("a hello is answered with a welcome, one of another version with a refusal") {
    const Recorder got = heard(Side::Frontend, batch_of({native::ClientHello{1, "lib", 1s}}));
    REQUIRE(got.answers.size() == 1);
    CHECK(std::get<core::Welcome>(got.answers.front().what).heartbeat_interval == 5s);
    CHECK(
        heard(Side::Frontend, batch_of({native::ClientHello{2, "lib", 1s}})).refusal().error.code ==
        base::Errc::UnsupportedVersion);
}

TEST_CASE("native queries have a list of names, and a status needs a job") {
    const auto query = [](std::string what, std::optional<model::JobId> job) {
        native::Query asked;
        asked.number = 5;
        asked.what = std::move(what);
        asked.service = "mail";
        asked.job = job;
        return heard(Side::Frontend, batch_of({asked}));
    };
    CHECK(query("jobs", {}).only<core::Query>().which.service == "mail");
    CHECK(query("hist", {}).only<core::Query>().kind == core::QueryKind::History);
    CHECK(query("status", model::JobId{1, 2}).only<core::Query>().which.jobs ==
          std::vector{model::JobId{1, 2}});
    CHECK(query("status", {}).refusal().error.code == base::Errc::Malformed);
    CHECK(query("everything", {}).refusal().error.code == base::Errc::UnknownCommand);
    CHECK(query("everything", {}).answers.front().to.correlation == 5);
}

TEST_CASE("a broken batch is answered once, under number 0, and what came before it counts") {
    Frames frames = batch_of({native::Session{1, 0}, submit_of(1, "mail")});
    frames[0] = base::Blob::copy(std::string(frames[0].view()) + "\xC1");
    const Recorder client = heard(Side::Frontend, frames);
    CHECK(client.reading == Reading::Malformed);
    CHECK(client.inputs.size() == 1);
    CHECK(client.answers.front().to.correlation == 0);
    CHECK(client.refusal().error.code == base::Errc::Malformed);

    const Recorder worker = heard(Side::Backend, frames_of({"STW\x01\xC1"}));
    CHECK(worker.only<core::Misbehaved>().from.peer == kPeer);
}

TEST_CASE("what only a broker says is not taken from a peer") {
    const Recorder got = heard(Side::Backend, batch_of({native::RegisterAgain{}}));
    CHECK(got.reading == Reading::Malformed);
    CHECK(got.inputs.empty());
}

TEST_CASE(
    "a malformed request is refused in the closest dialect, a malformed worker disconnected") {
    const Recorder zmws = from_client({"", "MDPC02", "9", "mail"});
    CHECK(zmws.reading == Reading::Malformed);
    CHECK(dialect_of(zmws.answers.front().to.form) == DialectId::Zmws2);
    CHECK(!zmws.refusal().error.message.empty());
    const Recorder name = from_client({"", "MDPC01", "two words", "x"});
    CHECK(name.refusal().error.code == base::Errc::BadName);
    const Recorder worker = from_worker({"", "MDPW01", "\x09"});
    CHECK(worker.reading == Reading::Malformed);
    CHECK(dialect_of(worker.only<core::Misbehaved>().from.form) == DialectId::Mdp01);
    const Recorder silent = from_worker({"mail", "COMPLETE: no id"});
    CHECK(silent.reading == Reading::Malformed);
    CHECK(silent.inputs.empty());
}

TEST_CASE("what resembles no dialect is garbage and nobody is told") {
    for (const Words& words :
         std::vector<Words>{{}, {""}, {"hello"}, {"", "", ""}, {"GET / HTTP/1.1"}}) {
        for (const Side side : {Side::Frontend, Side::Backend}) {
            const Recorder got = heard(side, frames_of(words));
            CHECK(got.reading == Reading::Garbage);
            CHECK(got.inputs.empty());
            CHECK(got.answers.empty());
        }
    }
}

TEST_CASE("a message is as large as allowed and not a byte larger") {
    const std::size_t rest = std::string("MDPC01mail").size();
    CHECK(from_client({"", "MDPC01", "mail", std::string(1000 - rest, 'x')}).reading ==
          Reading::Understood);
    const Recorder larger = from_client({"", "MDPC01", "mail", std::string(1001 - rest, 'x')});
    CHECK(larger.reading == Reading::Malformed);
    CHECK(larger.refusal().error.code == base::Errc::TooLarge);

    Words many = {"", "MDPC01", "mail"};
    many.resize(model::kFramesPerMessageMax);
    CHECK(from_client(many).reading == Reading::Understood);
    many.emplace_back();
    CHECK(from_client(many).refusal().error.code == base::Errc::TooLarge);
}

TEST_CASE("a frame more than a message may have is refused in every dialect, before it is read") {
    const auto filled = [](Words words, const char* last, std::size_t frames) {
        words.resize(frames - 1);
        words.emplace_back(last);
        return words;
    };

    struct Row {
        DialectId dialect;
        Words head;
        const char* last;
    };

    for (const Row& row : {Row{DialectId::Zmws1, {}, "JOB: mail"},
                           Row{DialectId::Zmws2, {"", "MDPC02", "1"}, "mail"},
                           Row{DialectId::Mdp01, {"", "MDPC01", "mail"}, ""},
                           Row{DialectId::Mdp02, {"MDPC02", kOne, "mail"}, ""}}) {
        CAPTURE(row.last);
        const auto most = from_client(filled(row.head, row.last, model::kFramesPerMessageMax));
        CHECK((most.answers.empty() || most.refusal().error.code != base::Errc::TooLarge));
        const auto more = from_client(filled(row.head, row.last, model::kFramesPerMessageMax + 1));
        CHECK(more.inputs.empty());
        CHECK(dialect_of(more.answers.at(0).to.form) == row.dialect);
        CHECK(more.refusal().error.code == base::Errc::TooLarge);
        CHECK(more.refusal().error.message.find("1024 frames; this one has 1025") !=
              std::string::npos);
    }
    const Frames native = frames_of(filled({"STW\x01"}, "", model::kFramesPerMessageMax + 1));
    CHECK(heard(Side::Frontend, native).refusal().error.code == base::Errc::TooLarge);
    CHECK(heard(Side::Backend, native).only<core::Misbehaved>().from.peer == kPeer);
    const Words worker = filled({"", "MDPW01", kOne, "mail"}, "", model::kFramesPerMessageMax + 1);
    CHECK(from_worker(worker).only<core::Misbehaved>().from.peer == kPeer);
}

TEST_CASE("translate: a native client that has not said hello is told to start afresh") {
    native::BatchWriter writer;
    writer.add(native::Session{9, 0});
    writer.add(native::Heartbeat{});
    Recorder stranger;
    stranger.reading = translate(
        {Side::Frontend, kPeer, access::kAnonymous, false}, writer.take(), {5s, 1000}, stranger);
    CHECK(stranger.reading == Reading::Malformed);
    CHECK(stranger.inputs.empty());
    REQUIRE(stranger.answers.size() == 1);
    CHECK(std::holds_alternative<core::Disconnect>(stranger.answers.front().what));

    writer.add(native::ClientHello{});
    writer.add(native::Heartbeat{});
    Recorder greeter;
    greeter.reading = translate(
        {Side::Frontend, kPeer, access::kAnonymous, false}, writer.take(), {5s, 1000}, greeter);
    CHECK(greeter.reading == Reading::Understood);
    CHECK(greeter.greeted == std::vector{kPeer});
    CHECK(greeter.inputs.size() == 1);
}

}  // namespace steward::app
