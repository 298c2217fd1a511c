// tests/unit/wire: commands taken into places that are used again, as the broker takes them.
#include <doctest/doctest.h>

#include "tests/unit/wire/native_samples.hpp"

namespace steward::wire::native {
namespace {

using Step = BatchReader::Step;
using namespace std::chrono_literals;

// Those behind a submission that are like it, taken the short way; how many.
std::size_t take_alike(BatchReader& reader, Submit like, std::vector<Command>& commands) {
    std::size_t taken = 0;
    like.again = false;
    for (; reader.next_alike(like.number, like.spec.service, like.spec.params); ++taken) {
        commands.emplace_back(like);
    }
    return taken;
}

std::size_t take_successes(BatchReader& reader, std::vector<Command>& commands) {
    std::size_t taken = 0;
    Finish finish;
    for (; reader.next_success(finish.attempt, finish.outcome.result, finish.run_time); ++taken) {
        commands.emplace_back(finish);
    }
    return taken;
}

// Takes every command of a batch, submissions and ends into one place each. What the owner of the
// places does to them between two commands, as the core does, is `spoil`.
template <class Spoil>
std::vector<Command> take_all(const Frames& frames, Spoil spoil) {
    std::vector<Command> commands;
    Submit submit;
    Finish finish;
    BatchReader reader(frames);
    while (true) {
        const Step step = reader.begin();
        if (step == Step::End) {
            return commands;
        }
        REQUIRE(step == Step::Next);
        if (reader.type() == Type::Submit) {
            REQUIRE(reader.take(SubmitPlace{submit.number, submit.again, submit.spec}));
            commands.emplace_back(submit);
            take_alike(reader, submit, commands);
            spoil(submit);
        } else if (reader.type() == Type::Finish) {
            REQUIRE(reader.take(FinishPlace{finish.attempt, finish.outcome, finish.run_time}));
            commands.emplace_back(finish);
            take_successes(reader, commands);
            finish.outcome.again_in += 1s;
            finish.outcome.text += " and more";
        } else {
            REQUIRE(reader.take(commands.emplace_back()));
        }
    }
}

Submit submit_of(std::uint64_t number, const model::JobOptions& options) {
    Submit submit;
    submit.number = number;
    submit.spec.service = *model::ServiceName::parse("mail");
    submit.spec.params = {model::Encoding::Json, base::Blob::copy("1")};
    submit.spec.options = options;
    return submit;
}

}  // namespace

TEST_CASE("A place gives what next() gives, whatever came before") {
    Samples samples(81);
    for (int round = 0; round < 300; ++round) {
        std::vector<Command> commands;
        std::vector<model::JobOptions> used = {{}, {}, samples.options(), samples.options()};
        used[1].sync = true;
        for (int i = 0; i < 20; ++i) {
            Submit submit = samples.submit();
            if (samples.below(4) != 0) {
                submit.spec.options = used[samples.below(used.size())];
            }
            commands.emplace_back(submit);
            commands.push_back(samples.command());
        }
        const Frames frames = encode_all(commands);
        const std::vector<Command> expected = decode_all(frames);
        CHECK(take_all(frames, [&](Submit& submit) {
                  switch (samples.below(5)) {
                      case 0: submit.spec = {}; break;
                      case 1: submit.spec.options.priority = 7; break;
                      case 2: submit.spec.options.channel = "other"; break;
                      case 3: submit.spec.params = {}; break;
                      default: break;
                  }
              }) == expected);
    }
}

TEST_CASE("Submissions that are alike are taken the short way up to one that is not") {
    model::JobOptions options;
    options.priority = 7;
    std::vector<Command> commands;
    for (const std::uint64_t number : {1UL, 127UL, 128UL, 256UL, 65'536UL, 1UL << 32U}) {
        Submit submit = submit_of(number, options);
        submit.spec.params = {model::Encoding::Opaque,
                              base::Blob::copy(std::string(number % 1000, 'x'))};
        commands.emplace_back(submit);
    }
    Submit post = submit_of(4, options);
    post.spec.service = *model::ServiceName::parse("post");
    commands.emplace_back(post);
    commands.emplace_back(post);
    commands.emplace_back(submit_of(4, options));
    Submit bare = submit_of(5, options);
    bare.spec.params = {};
    commands.emplace_back(bare);
    const std::size_t alike = commands.size() - 1;
    Submit other = submit_of(6, options);
    other.again = true;
    SUBCASE("sent before") {}
    SUBCASE("for a service with a long name") {
        other = submit_of(6, options);
        other.spec.service = *model::ServiceName::parse(std::string(32, 'x'));
    }
    SUBCASE("with other options") {
        other = submit_of(6, {});
    }
    SUBCASE("sync") {
        options.sync = true;
        other = submit_of(6, options);
    }
    SUBCASE("with params in a frame of their own") {
        other = submit_of(6, options);
        other.spec.params.bytes = base::Blob::copy(std::string(kInlinePayloadBytesMax + 1, 'x'));
    }
    commands.emplace_back(other);
    commands.emplace_back(Finish{});
    const Frames frames = encode_all(commands);
    BatchReader reader(frames);
    Submit submit;
    std::vector<Command> taken;
    REQUIRE(reader.begin() == Step::Next);
    REQUIRE(reader.take(SubmitPlace{submit.number, submit.again, submit.spec}));
    taken.emplace_back(submit);
    CHECK(take_alike(reader, submit, taken) == alike);
    REQUIRE(reader.begin() == Step::Next);
    REQUIRE(reader.take(taken.emplace_back()));
    CHECK(take_alike(reader, submit, taken) == 0);
    CHECK(take_successes(reader, taken) == 1);
    CHECK(taken == commands);
}

TEST_CASE("Only ends that tell of success are taken the short way, and none past the limit") {
    std::vector<Command> commands;
    Finish finish;
    for (const std::uint32_t number : {1U, 128U, 70'000U}) {
        finish.attempt = {{number, 1ULL << 40U}, number};
        finish.run_time = base::Duration{number};
        finish.outcome.result = {model::Encoding::Json, base::Blob::copy("1")};
        commands.emplace_back(finish);
    }
    SUBCASE("a failure") {
        finish.outcome.verdict = model::Verdict::Failed;
    }
    SUBCASE("with a text") {
        finish.outcome.text = "so so";
    }
    SUBCASE("again later") {
        finish.outcome.again_in = 1s;
    }
    commands.emplace_back(finish);
    const Frames frames = encode_all(commands);
    BatchReader reader(frames);
    std::vector<Command> taken;
    CHECK(take_successes(reader, taken) == 3);
    CHECK(reader.next().value() == commands.back());

    std::string many(kMagic);
    const std::string one(encode_all({commands[0]}).front().view().substr(kMagic.size()));
    for (std::size_t i = 0; i <= model::kCommandsPerBatchMax; ++i) {
        many += one;
    }
    const Frames too_many = {base::Blob::copy(many)};
    BatchReader counting(too_many);
    taken.clear();
    CHECK(take_successes(counting, taken) == model::kCommandsPerBatchMax);
    CHECK(counting.begin() == Step::Fault);
}

TEST_CASE(
    "A job is taken the short way into a place that had another, unless it has meta or options") {
    Samples samples(83);
    Assign place;
    std::size_t taken = 0;
    for (int round = 0; round < 2'000; ++round) {
        Command command = samples.command();
        if (auto* assign = std::get_if<Assign>(&command); assign != nullptr && round % 4 != 0) {
            assign->meta = {};
            assign->options = {};
        }
        const Frames frames = encode_all({command});
        BatchReader reader(frames);
        if (reader.next_assign(place)) {
            ++taken;
            CHECK(Command(place) == command);
            CHECK(reader.begin() == Step::End);
        } else {
            CHECK(reader.next().value() == command);
        }
    }
    CHECK(taken > 10);
}

TEST_CASE("Damaged neighbours are taken the short way only for what they are the long way") {
    Samples samples(82);
    Submit submit = submit_of(1, {});
    const std::string whole(encode_all({submit, submit, Finish{}, Finish{}}).front().view());
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = whole;
        bytes[kMagic.size() + samples.below(bytes.size() - kMagic.size())] =
            static_cast<char>(samples.below(256));
        const Frames frames = {base::Blob::copy(bytes)};
        BatchReader fast(frames);
        BatchReader slow(frames);
        std::vector<Command> taken;
        while (fast.begin() == Step::Next) {
            taken.clear();
            if (fast.type() == Type::Finish) {
                take_successes(fast, taken);
            } else if (fast.type() == Type::Submit &&
                       fast.take(SubmitPlace{submit.number, submit.again, submit.spec})) {
                taken.emplace_back(submit);
                take_alike(fast, submit, taken);
            }
            if (taken.empty()) {
                break;
            }
            for (const Command& command : taken) {
                const auto expected = slow.next();
                REQUIRE(expected.has_value());
                REQUIRE(expected->has_value());
                CHECK(**expected == command);
            }
        }
    }
}

TEST_CASE("The same options again are there again, though their owner has changed them") {
    model::JobOptions options;
    options.durable = false;
    options.group = "acme";
    std::vector<Command> commands;
    for (std::uint64_t number = 1; number < 6; ++number) {
        options.sync = number == 4;
        commands.emplace_back(submit_of(number, options));
    }
    const Frames frames = encode_all(commands);
    CHECK(take_all(frames, [](Submit&) {}) == commands);
    CHECK(take_all(frames, [](Submit& submit) { submit.spec.options.time_limit = 5s; }) ==
          commands);
    CHECK(take_all(frames, [](Submit& submit) { submit.spec.options.group = {}; }) == commands);
    CHECK(take_all(frames, [](Submit& submit) { submit.spec.options.after.emplace_back(); }) ==
          commands);
}

TEST_CASE("Options that go with an async submission are refused of a sync one behind it") {
    model::JobOptions options;
    options.wait = 1s;
    std::vector<Command> commands = {submit_of(1, options), submit_of(2, options)};
    options.sync = true;
    commands.emplace_back(submit_of(3, options));
    const Frames frames = encode_all(commands);
    Submit submit;
    const SubmitPlace place{submit.number, submit.again, submit.spec};
    BatchReader reader(frames);
    for (int i = 0; i < 2; ++i) {
        REQUIRE(reader.begin() == Step::Next);
        CHECK(reader.take(place));
    }
    REQUIRE(reader.begin() == Step::Next);
    CHECK_FALSE(reader.take(place));
    CHECK(reader.refused_number() == 3);
}

TEST_CASE("One bad submission is refused alone, and the place is good for the next") {
    model::JobOptions bad;
    bad.max_attempts = 1001;
    const Frames frames =
        encode_all({submit_of(1, {}), submit_of(2, bad), submit_of(3, {}), Heartbeat{}});
    Submit submit;
    const SubmitPlace place{submit.number, submit.again, submit.spec};
    BatchReader reader(frames);
    REQUIRE(reader.begin() == Step::Next);
    CHECK(reader.take(place));
    REQUIRE(reader.begin() == Step::Next);
    CHECK_FALSE(reader.take(place));
    CHECK(reader.refused_number() == 2);
    CHECK(reader.error().code == base::Errc::BadOption);
    REQUIRE(reader.begin() == Step::Next);
    CHECK_FALSE(reader.refused_number().has_value());
    CHECK(reader.take(place));
    CHECK(submit == submit_of(3, {}));
    REQUIRE(reader.begin() == Step::Next);
    CHECK(reader.type() == Type::Heartbeat);
}

TEST_CASE("An Assign is the same bytes from its parts as from one piece") {
    Samples samples(82);
    for (int round = 0; round < 3000; ++round) {
        const Command command = samples.command();
        const auto* assign = std::get_if<Assign>(&command);
        if (assign == nullptr) {
            continue;
        }
        const AssignView view{assign->attempt,
                              assign->service,
                              assign->params,
                              assign->time_limit,
                              assign->submission,
                              assign->meta,
                              assign->options == model::JobOptions{} ? nullptr : &assign->options};
        BatchWriter whole;
        BatchWriter parts;
        whole.add(*assign);
        parts.add(view);
        CHECK(whole.take() == parts.take());
    }
}

}  // namespace steward::wire::native
