// tests: docs/protocol.md says of the native protocol what the code does, byte for byte.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "common/model/limits.hpp"
#include "common/wire/native_options.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"
#include "common/wire/report_json.hpp"
#include "tests/unit/wire/native_samples.hpp"
#include "tests/unit/wire/protocol_doc_examples.hpp"
#include "tests/unit/wire/protocol_page.hpp"

using namespace steward;
using namespace steward::wire;
using namespace steward::wire::native;
using test::ProtocolPage;

namespace {

std::string hex_of(const Frames& frames) {
    std::string hex;
    for (const base::Blob& frame : frames) {
        hex += base::to_hex(frame.view()) + '\n';
    }
    return hex;
}

std::map<std::string, std::vector<Command>> all_examples() {
    auto examples = client_examples();
    examples.merge(worker_examples());
    return examples;
}

// A table of numbers and words, as pairs.
using Numbered = std::map<std::uint64_t, std::string>;

Numbered numbered(const ProtocolPage& page, const std::string& heading) {
    Numbered rows;
    for (const ProtocolPage::Row& row : page.table(heading)) {
        CHECK(rows.emplace(std::stoull(row.at(0)), row.at(1)).second);
    }
    return rows;
}

template <std::size_t... Index>
Numbered types_of_the_code(std::index_sequence<Index...> /*indices*/) {
    Numbered types;
    (types.emplace(static_cast<std::uint64_t>(std::variant_alternative_t<Index, Command>::kType),
                   name_of(std::variant_alternative_t<Index, Command>::kType)),
     ...);
    return types;
}

// Fields that the page lists for a command: its commas outside of brackets.
std::size_t fields_in(const std::string& cell) {
    std::size_t fields = cell.empty() ? 0 : 1;
    int depth = 0;
    for (const char c : cell) {
        depth += c == '[' ? 1 : c == ']' ? -1 : 0;
        fields += c == ',' && depth == 0 ? 1 : 0;
    }
    return fields;
}

// Those in italics, which may be missing.
std::size_t added_fields_in(const std::string& cell) {
    return static_cast<std::size_t>(std::ranges::count(cell, '*')) / 2;
}

// The names of a table of options, "`a`" each, as they stand in an error's list.
std::string names_in(const ProtocolPage& page, const std::string& heading) {
    std::string names;
    for (const ProtocolPage::Row& row : page.table(heading)) {
        if (row.at(0).starts_with('`')) {
            names += (names.empty() ? "" : ", ") + row.at(0).substr(1, row.at(0).size() - 2);
        }
    }
    return names;
}

// "`a`, `b` and c": a and b.
std::set<std::string> quoted_words(const std::string& text) {
    std::set<std::string> words;
    for (std::size_t open = text.find('`'); open != std::string::npos;) {
        const std::size_t close = text.find('`', open + 1);
        REQUIRE(close != std::string::npos);
        words.insert(text.substr(open + 1, close - open - 1));
        open = text.find('`', close + 1);
    }
    return words;
}

std::set<std::string> members_of(const nlohmann::json& object) {
    std::set<std::string> names;
    for (const auto& [name, value] : object.items()) {
        names.insert(name);
    }
    return names;
}

std::string_view class_word(base::ErrorClass kind) {
    switch (kind) {
        case base::ErrorClass::Caller: return "caller";
        case base::ErrorClass::Retry: return "retry";
        case base::ErrorClass::Unknown: return "unknown";
        case base::ErrorClass::Fatal: return "fatal";
    }
    return "";
}

}  // namespace

TEST_CASE("the codec writes the very bytes of every example and reads them back") {
    const ProtocolPage page;
    for (const auto& [key, commands] : all_examples()) {
        const std::string& name = key;  // clang 14 captures no structured binding
        CAPTURE(name);
        const Frames frames = page.frames(name);
        CHECK(hex_of(encode_all(commands)) == hex_of(frames));
        CHECK(decode_all(frames) == commands);
    }
}

TEST_CASE("every hex example of the page is a tested one") {
    const ProtocolPage page;
    const auto examples = all_examples();
    for (const auto& [key, block] : page.blocks()) {
        const std::string& name = key;  // clang 14 captures no structured binding
        CAPTURE(name);
        CHECK((block.kind == "hex" || block.kind == "hex-read" || block.kind == "frames"));
        CHECK((block.kind != "hex" || examples.contains(name)));
    }
}

TEST_CASE("a payload in a frame of its own is read as the page shows it") {
    const ProtocolPage page;
    CHECK(decode_all(page.frames("result-in-a-frame")) ==
          std::vector<Command>{
              Result{8, kExampleJob, model::JobState::Succeeded, "", example_json("false")}});
}

TEST_CASE("every command has an example") {
    std::set<std::size_t> shown;
    for (const auto& [name, commands] : all_examples()) {
        for (const Command& command : commands) {
            shown.insert(command.index());
        }
    }
    CHECK(shown.size() == std::variant_size_v<Command>);
}

TEST_CASE("the page's job has the text that the page gives it") {
    CHECK(kExampleJob.text() == "000w0s6jkv5g0000000000001a");
}

TEST_CASE("the page's commands have the code's numbers, and none is missing") {
    const ProtocolPage page;
    CHECK(numbered(page, "Commands") ==
          types_of_the_code(std::make_index_sequence<std::variant_size_v<Command>>()));
}

TEST_CASE("the page lists as many fields for each command as the code writes") {
    std::map<std::string, std::size_t> fields;
    for (const ProtocolPage::Row& row : ProtocolPage().table("Commands")) {
        fields[row.at(1)] = fields_in(row.at(3));
    }
    Samples samples(51);
    for (int i = 0; i < 1000; ++i) {
        const Command command = samples.command();
        const std::string name(std::visit([](const auto& c) { return name_of(c.kType); }, command));
        CAPTURE(name);
        const auto head =
            static_cast<unsigned char>(encode_all({command}).front().view()[kMagic.size()]);
        CHECK(head - 0x91U == fields[name]);
    }
}

TEST_CASE("the fields in italics may be missing, and no others") {
    std::map<std::string, std::size_t> added;
    for (const ProtocolPage::Row& row : ProtocolPage().table("Commands")) {
        added[row.at(1)] = added_fields_in(row.at(3));
    }
    Samples samples(52);
    for (int i = 0; i < 1000; ++i) {
        const Command command = samples.command();
        const std::string name(std::visit([](const auto& c) { return name_of(c.kType); }, command));
        CAPTURE(name);
        Frames frames = encode_all({command});
        std::string bytes(frames.front().view());
        const auto head = static_cast<unsigned char>(bytes[kMagic.size()]);
        const auto fields = head - 0x91U;
        // Other fields are announced; those that are not are then no command.
        const auto reads = [&](std::size_t announced) {
            bytes[kMagic.size()] = static_cast<char>(0x91U + announced);
            frames.front() = base::Blob::copy(bytes);
            return BatchReader(frames).next().has_value();
        };
        CHECK(reads(fields - added[name]));
        CHECK((fields == added[name] || !reads(fields - added[name] - 1)));
    }
}

TEST_CASE("the page's options are those of the codecs, in their order") {
    const ProtocolPage page;
    const auto unknown = parse_options({{"?", 1}});
    REQUIRE_FALSE(unknown.has_value());
    CHECK(unknown.error().message.ends_with("there are " + names_in(page, "OPTION frames")));

    MsgpackWriter out;
    out.map(1);
    out.str("?");
    out.nil();
    MsgpackReader in(out.view());
    model::JobOptions options;
    const auto unknown_native = read_options(in, options);
    REQUIRE(unknown_native.has_value());
    CHECK(unknown_native->message.ends_with("there are: " + names_in(page, "Options")));
}

TEST_CASE("the page's error codes have the registry's numbers, classes and words") {
    std::vector<ProtocolPage::Row> registry;
#define X(name, number, kind, meaning) \
    registry.push_back({#number, #name, std::string(class_word(base::ErrorClass::kind)), meaning});
#include "common/base/errors.def"
#undef X
    CHECK(ProtocolPage().table("Error codes") == registry);
}

TEST_CASE("the page's encodings, verdicts and states have the code's numbers") {
    using model::Encoding;
    using model::Verdict;
    const ProtocolPage page;
    const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
    CHECK(numbered(page, "Encodings") == Numbered{{number(Encoding::Absent), "absent"},
                                                  {number(Encoding::Opaque), "opaque"},
                                                  {number(Encoding::Frames), "frames"},
                                                  {number(Encoding::Json), "json"},
                                                  {number(Encoding::Msgpack), "msgpack"},
                                                  {number(Encoding::Php), "php"}});
    CHECK(numbered(page, "Verdicts") ==
          Numbered{{number(Verdict::Succeeded), "succeeded"},
                   {number(Verdict::Failed), "failed"},
                   {number(Verdict::FailedForGood), "failed for good"},
                   {number(Verdict::Snoozed), "snoozed"}});
    Numbered states;
    for (std::uint64_t i = 0; i < model::kJobStates; ++i) {
        states.emplace(i, model::name_of(model::state_from_number(i).value()));
    }
    CHECK(numbered(page, "States") == states);
}

TEST_CASE("the page names every member of a service's figures and every object of the broker's") {
    model::ServiceReport services;
    services.rows.emplace_back();
    services.rows[0].service = model::ServiceName::parse("mail").value();
    services.rows[0].oldest_ready = base::Duration(1);
    model::BrokerReport broker;
    broker.messages.emplace();
    broker.journal.emplace();
    broker.process.emplace();
    broker.journal->durability = "sync";
    broker.journal->engine = "disk";
    const ProtocolPage page;
    std::set<std::string> members;
    for (const ProtocolPage::Row& row : page.table("A service's figures")) {
        members.merge(quoted_words(row.at(0)));
    }
    const auto rows = nlohmann::json::parse(to_json(services, nullptr));
    CHECK(members == members_of(rows.at(0)));

    std::set<std::string> objects;
    const auto figures = nlohmann::json::parse(to_json(broker, nullptr));
    for (const ProtocolPage::Row& row : page.table("The broker's figures")) {
        const auto names = quoted_words(row.at(0));
        REQUIRE(names.size() == 1);
        objects.merge(std::set(names));
        const auto told = quoted_words(row.at(1));
        for (const std::string& name : members_of(figures.at(*names.begin()))) {
            CAPTURE(name);
            CHECK(told.contains(name));
        }
    }
    for (const auto& [name, value] : figures.items()) {
        CHECK(value.is_object() == objects.contains(name));
    }
}

TEST_CASE("the page's limits are the code's") {
    constexpr model::Limits kDefaults;
    const auto days = std::chrono::duration_cast<std::chrono::hours>(model::kDurationMax) / 24;
    const auto number = [](auto value) { return std::to_string(value); };
    const auto setting = [](auto value) { return "[" + std::to_string(value) + "]"; };
    const std::vector<ProtocolPage::Row> limits = {
        {"frames in a message", number(model::kFramesPerMessageMax)},
        {"bytes in a message", setting(kDefaults.message_bytes_max)},
        {"commands in a batch", number(model::kCommandsPerBatchMax)},
        {"bytes of a name", number(model::kNameBytesMax)},
        {"bytes of a text", number(model::kTextBytesMax)},
        {"bytes of a payload in the batch that a writer sends", number(kInlinePayloadBytesMax)},
        {"bytes after which a writer begins another batch", number(kBatchBytesMax)},
        {"days of a duration", number(days.count())},
        {"hours of `wait`", number(std::chrono::floor<std::chrono::hours>(kWaitMax).count())},
        {"services of a worker", number(model::kServicesPerWorkerMax)},
        {"channels of a worker", number(model::kChannelsPerWorkerMax)},
        {"attempts in one WorkerReady, Return or Recall", number(model::kRunningPerReadyMax)},
        {"jobs in `after`", number(model::kAfterMax)},
        {"jobs named in one Operate", number(model::kFilterJobsMax)},
        {"entries of meta", number(model::kMetaEntriesMax)},
        {"bytes of meta", number(model::kMetaBytesMax)},
        {"bytes of an OPTION frame", number(model::kOptionFrameBytesMax)},
        {"nesting of params", number(model::kParamsDepthMax)},
        {"max_attempts", number(kMaxAttemptsMax)},
        {"group_limit", number(kGroupLimitMax)},
        {"group_weight", number(model::kGroupWeightMax)},
        {"unacknowledged submissions of a session", setting(kDefaults.in_flight_max)},
        {"jobs a worker may hold", setting(kDefaults.credit_max)},
    };
    CHECK(ProtocolPage().table("Limits") == limits);
}

TEST_CASE("a type's name is known for every type and for no other number") {
    int known = 0;
    for (unsigned number = 0; number < 256; ++number) {
        known += name_of(static_cast<Type>(number)) != "unknown" ? 1 : 0;
    }
    CHECK(known == std::variant_size_v<Command>);
}
