// tests: both sides of every limit of the native protocol.
#include <doctest/doctest.h>

#include "common/wire/msgpack_writer.hpp"
#include "tests/unit/wire/native_samples.hpp"

using namespace steward;
using namespace steward::wire;
using namespace steward::wire::native;
using base::Errc;

namespace {

// A batch whose commands are written by hand, for what BatchWriter would not write.
class ByHand {
public:
    ByHand() { out.raw(kMagic); }

    MsgpackWriter& command(Type type, std::size_t fields) {
        out.array(fields + 1);
        out.unsigned_integer(static_cast<std::uint64_t>(type));
        return out;
    }

    void job() { out.bin(std::string(16, '\x01')); }

    [[nodiscard]] Frames frames() const { return {base::Blob::copy(out.view())}; }

    MsgpackWriter out;
};

base::Expected<std::optional<Command>> first(const Frames& frames) {
    BatchReader reader(frames);
    return reader.next();
}

template <class C>
C only(const Frames& frames) {
    const auto next = first(frames);
    REQUIRE(next.has_value());
    REQUIRE(next->has_value());
    return std::get<C>(**next);
}

Errc error_of(const Frames& frames) {
    const auto next = first(frames);
    REQUIRE_FALSE(next.has_value());
    CHECK_FALSE(next.error().message.empty());
    return next.error().code;
}

// The first command is refused by its number, and a Heartbeat after it is read.
void check_refused_alone(const Frames& frames,
                         std::uint64_t number,
                         Errc code,
                         std::string_view message) {
    BatchReader reader(frames);
    const auto refused = reader.next();
    REQUIRE_FALSE(refused.has_value());
    CAPTURE(refused.error().message);
    CHECK(refused.error().code == code);
    CHECK(refused.error().message.find(message) != std::string::npos);
    CHECK(reader.refused_number() == number);
    const auto next = reader.next();
    REQUIRE(next.has_value());
    REQUIRE(next->has_value());
    CHECK(std::holds_alternative<Heartbeat>(**next));
    CHECK_FALSE(reader.refused_number().has_value());
}

Submit plain_submit(std::uint64_t number) {
    Submit submit;
    submit.number = number;
    submit.spec.service = *model::ServiceName::parse("mail");
    return submit;
}

}  // namespace

TEST_CASE("texts are cut at their limit when written, at a whole character") {
    const auto sent = [](const std::string& text) {
        return only<Disconnect>(encode_all({Disconnect{text}})).why;
    };
    const std::string full(model::kTextBytesMax, 'x');
    CHECK(sent(full) == full);
    CHECK(sent(full + "y") == full);
    const std::string almost(model::kTextBytesMax - 1, 'x');
    CHECK(sent(almost + "é") == almost);
    CHECK(sent(almost.substr(1) + "é") == almost.substr(1) + "é");
    CHECK(sent(almost.substr(2) + "\xF0\x9F\x98\x80") == almost.substr(2));
    CHECK(sent(std::string(5000, '\x80')).size() == model::kTextBytesMax - 4);
}

TEST_CASE("texts and names past their limit are refused when read") {
    const auto disconnect = [](std::size_t bytes) {
        ByHand batch;
        batch.command(Type::Disconnect, 1).str(std::string(bytes, 'x'));
        return batch.frames();
    };
    CHECK(only<Disconnect>(disconnect(model::kTextBytesMax)).why.size() == model::kTextBytesMax);
    CHECK(error_of(disconnect(model::kTextBytesMax + 1)) == Errc::TooLarge);

    const auto hello = [](std::size_t bytes) {
        ByHand batch;
        batch.command(Type::ClientHello, 3).unsigned_integer(1);
        batch.out.str(std::string(bytes, 'x'));
        batch.out.unsigned_integer(0);
        return batch.frames();
    };
    CHECK(only<ClientHello>(hello(model::kNameBytesMax)).library.size() == model::kNameBytesMax);
    CHECK(error_of(hello(model::kNameBytesMax + 1)) == Errc::TooLarge);
}

TEST_CASE("durations are held to ten years when written and refused past them when read") {
    const auto sent = [](base::Duration duration) {
        return only<ClientHello>(encode_all({ClientHello{1, "x", duration}})).heartbeat_interval;
    };
    CHECK(sent(model::kDurationMax) == model::kDurationMax);
    CHECK(sent(model::kDurationMax + base::Duration{1}) == model::kDurationMax);
    CHECK(sent(base::Duration{-1}) == base::Duration{0});
    CHECK(sent(base::Duration::max()) == model::kDurationMax);

    const auto hello = [](std::int64_t micros) {
        ByHand batch;
        batch.command(Type::ClientHello, 3).unsigned_integer(1);
        batch.out.str("x");
        batch.out.integer(micros);
        return batch.frames();
    };
    CHECK(only<ClientHello>(hello(model::kDurationMax.count())).heartbeat_interval ==
          model::kDurationMax);
    CHECK(error_of(hello(model::kDurationMax.count() + 1)) == Errc::Malformed);
    CHECK(error_of(hello(-1)) == Errc::Malformed);
}

TEST_CASE("a batch holds so many commands and no more") {
    ByHand batch;
    for (std::size_t i = 0; i < model::kCommandsPerBatchMax; ++i) {
        batch.command(Type::Heartbeat, 0);
    }
    CHECK(decode_all(batch.frames()).size() == model::kCommandsPerBatchMax);
    batch.command(Type::Heartbeat, 0);
    const Frames frames = batch.frames();
    BatchReader reader(frames);
    for (std::size_t i = 0; i < model::kCommandsPerBatchMax; ++i) {
        REQUIRE(reader.next().has_value());
    }
    const auto one_more = reader.next();
    REQUIRE_FALSE(one_more.has_value());
    CHECK(one_more.error().code == Errc::TooLarge);
    const auto end = reader.next();
    REQUIRE(end.has_value());
    CHECK_FALSE(end->has_value());
}

TEST_CASE("a writer begins another batch at the limit of commands and repeats the session") {
    BatchWriter writer;
    writer.add(Session{7, 3});
    for (std::size_t i = 1; i <= model::kCommandsPerBatchMax; ++i) {
        writer.add(plain_submit(i));
    }
    CHECK(writer.commands() == model::kCommandsPerBatchMax + 2);
    const std::vector<Command> one = decode_all(writer.take());
    CHECK(one.size() == model::kCommandsPerBatchMax);
    CHECK_FALSE(writer.empty());
    const std::vector<Command> two = decode_all(writer.take());
    CHECK(writer.empty());
    CHECK(writer.bytes() == 0);
    REQUIRE(two.size() == 2);
    CHECK(two[0] == Command(Session{7, 3}));
    CHECK(std::get<Submit>(two[1]).number == model::kCommandsPerBatchMax);
}

TEST_CASE("a writer begins another batch at the limit of frames") {
    const model::Payload large{model::Encoding::Opaque,
                               base::Blob::copy(std::string(kInlinePayloadBytesMax + 1, 'x'))};
    BatchWriter writer;
    for (std::size_t i = 0; i < model::kFramesPerMessageMax; ++i) {
        writer.add(Partial{{{0, i}, 1}, large});
    }
    const Frames one = writer.take();
    CHECK(one.size() == model::kFramesPerMessageMax);
    CHECK(decode_all(one).size() == model::kFramesPerMessageMax - 1);
    const Frames two = writer.take();
    CHECK(two.size() == 2);
    CHECK(decode_all(two).size() == 1);
    CHECK(writer.empty());
}

TEST_CASE("a writer begins another batch once one is large") {
    const model::Payload large{model::Encoding::Opaque,
                               base::Blob::copy(std::string(kBatchBytesMax, 'x'))};
    BatchWriter writer;
    writer.add(Heartbeat{});
    writer.add(Partial{{}, large});
    writer.add(Partial{{}, large});
    CHECK(writer.bytes() > 2 * kBatchBytesMax);
    CHECK(decode_all(writer.take()).size() == 2);
    CHECK(decode_all(writer.take()).size() == 1);
    CHECK(writer.empty());
}

TEST_CASE("a worker announces so many services and no more") {
    WorkerReady ready;
    ready.services.assign(model::kServicesPerWorkerMax, "mail");
    CHECK(only<WorkerReady>(encode_all({ready})) == ready);
    ready.services.emplace_back("mail");
    CHECK(error_of(encode_all({ready})) == Errc::TooLarge);
}

TEST_CASE("a worker joins so many channels and no more") {
    WorkerReady ready;
    ready.channels.assign(model::kChannelsPerWorkerMax, "gpu");
    CHECK(only<WorkerReady>(encode_all({ready})) == ready);
    ready.channels.emplace_back("gpu");
    CHECK(error_of(encode_all({ready})) == Errc::TooLarge);
}

TEST_CASE("a worker brings back so many attempts and no more") {
    WorkerReady ready;
    ready.running.assign(model::kRunningPerReadyMax, {{{1, 2}, 3}, {4, 5}, "mail"});
    CHECK(only<WorkerReady>(encode_all({ready})) == ready);
    ready.running.push_back(ready.running.front());
    CHECK(error_of(encode_all({ready})) == Errc::TooLarge);
}

TEST_CASE("longer lists of attempts become several commands") {
    std::vector<model::Attempt> attempts(model::kRunningPerReadyMax + 1);
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        attempts[i] = {{1, i}, 1};
    }
    std::vector<model::Attempt> back;
    const std::vector<Command> commands = decode_all(encode_all({Return{attempts}}));
    REQUIRE(commands.size() == 2);
    for (const Command& command : commands) {
        const auto& part = std::get<Return>(command).attempts;
        back.insert(back.end(), part.begin(), part.end());
    }
    CHECK(back == attempts);
    CHECK(decode_all(encode_all({Recall{attempts}})).size() == 2);
    attempts.pop_back();
    CHECK(decode_all(encode_all({Recall{attempts}})).size() == 1);
}

TEST_CASE("a service's name is checked, and a bad one refuses its submission alone") {
    const auto submit = [](std::string_view service) {
        ByHand batch;
        MsgpackWriter& out = batch.command(Type::Submit, 7);
        out.unsigned_integer(41);
        out.boolean(false);
        out.boolean(false);
        out.bin(service);
        out.unsigned_integer(0);
        out.nil();
        out.nil();
        batch.command(Type::Heartbeat, 0);
        return batch.frames();
    };
    const std::string longest(model::kNameBytesMax, 'x');
    CHECK(only<Submit>(submit(longest)).spec.service.view() == longest);
    for (const std::string& bad : {longest + "x", std::string(), std::string("a b")}) {
        check_refused_alone(submit(bad), 41, Errc::BadName, "a service name");
    }
}

TEST_CASE("options that do not go together refuse their submission alone") {
    Submit wrong = plain_submit(5);
    wrong.spec.options.sync = true;
    wrong.spec.options.wait = std::chrono::milliseconds{200};
    check_refused_alone(encode_all({wrong, Heartbeat{}}), 5, Errc::BadOption, "option wait");
    wrong = plain_submit(6);
    wrong.spec.options.after.resize(model::kAfterMax + 1);
    check_refused_alone(encode_all({wrong, Heartbeat{}}), 6, Errc::BadOption, "\"after\"");
    wrong = plain_submit(7);
    wrong.spec.options.group = std::string(300, 'x');
    check_refused_alone(encode_all({wrong, Heartbeat{}}), 7, Errc::BadOption, "\"group\"");
}

TEST_CASE("what is asked with a name that is none is refused alone") {
    const std::string longest(model::kNameBytesMax, 'x');
    const auto check = [&](auto set) {
        Query query;
        query.number = 8;
        set(query, longest);
        CHECK(only<Query>(encode_all({query})) == query);
        set(query, longest + "x");
        check_refused_alone(
            encode_all({query, Heartbeat{}}), 8, Errc::BadName, "has 256 bytes, 255 are allowed");
        set(query, "a\nb");
        check_refused_alone(encode_all({query, Heartbeat{}}), 8, Errc::BadName, "at byte 1");
    };
    check([](Query& to, const std::string& name) { to.what = name; });
    check([](Query& to, const std::string& name) { to.service = name; });
    check([](Query& to, const std::string& name) { to.context = name; });
    check([](Query& to, const std::string& name) { to.group = name; });
    check([](Query& to, const std::string& name) { to.batch = name; });
    check_refused_alone(encode_all({Operate{9, longest + "x", {}}, Heartbeat{}}),
                        9,
                        Errc::BadName,
                        "the verb has 256 bytes");
    CHECK(only<Operate>(encode_all({Operate{9, longest, {}}})).verb == longest);
}

TEST_CASE("a query names states that there are") {
    Query query;
    query.number = 10;
    query.states = (1U << model::kJobStates) - 1;
    CHECK(only<Query>(encode_all({query})) == query);
    query.states = 1U << model::kJobStates;
    check_refused_alone(encode_all({query, Heartbeat{}}), 10, Errc::Malformed, "9 states");
    query.states = 1ULL << 63U;
    check_refused_alone(encode_all({query, Heartbeat{}}), 10, Errc::Malformed, "9 states");
}

TEST_CASE("a request that is broken besides being wrong voids the batch") {
    ByHand batch;
    MsgpackWriter& out = batch.command(Type::Operate, 3);
    out.unsigned_integer(9);
    out.str(std::string(300, 'x'));
    out.raw("\xC1");
    batch.command(Type::Heartbeat, 0);
    const Frames frames = batch.frames();
    BatchReader reader(frames);
    CHECK_FALSE(reader.next().has_value());
    CHECK_FALSE(reader.refused_number().has_value());
    CHECK(reader.next().value() == std::nullopt);
}

TEST_CASE("numbers for choices are held to the choices there are") {
    const auto finish = [](std::uint64_t verdict, std::uint64_t encoding) {
        ByHand batch;
        MsgpackWriter& out = batch.command(Type::Finish, 7);
        batch.job();
        out.unsigned_integer(1);
        out.unsigned_integer(verdict);
        out.str("");
        out.unsigned_integer(encoding);
        encoding == 0 ? out.nil() : out.bin("x");
        out.unsigned_integer(0);
        return batch.frames();
    };
    CHECK(only<Finish>(finish(3, 5)).outcome.verdict == model::Verdict::Snoozed);
    CHECK(error_of(finish(4, 5)) == Errc::Malformed);
    CHECK(error_of(finish(2, 6)) == Errc::Malformed);

    const auto result = [](std::uint64_t state) {
        ByHand batch;
        MsgpackWriter& out = batch.command(Type::Result, 6);
        out.unsigned_integer(1);
        batch.job();
        out.unsigned_integer(state);
        out.str("");
        out.unsigned_integer(0);
        out.nil();
        return batch.frames();
    };
    CHECK(error_of(result(2)) == Errc::Malformed);
    CHECK(only<Result>(result(3)).state == model::JobState::Succeeded);
    CHECK(only<Result>(result(7)).state == model::JobState::Cancelled);
    CHECK(error_of(result(8)) == Errc::Malformed);
}

TEST_CASE("an error code of a later version keeps its number") {
    const auto refused = [](std::uint64_t code) {
        ByHand batch;
        MsgpackWriter& out = batch.command(Type::Refused, 4);
        out.unsigned_integer(1);
        out.unsigned_integer(code);
        out.str("later");
        out.nil();
        return batch.frames();
    };
    CHECK(static_cast<int>(only<Refused>(refused(UINT16_MAX)).error.code) == UINT16_MAX);
    CHECK(error_of(refused(UINT16_MAX + 1)) == Errc::Malformed);
}
