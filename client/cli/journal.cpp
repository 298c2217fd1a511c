// client/cli: `steward journal`: looks at the files of a journal, asks no broker and never writes.
#include <memory>
#include <ostream>
#include <string>

#include <CLI/CLI.hpp>

#include "broker/core/record_codec.hpp"
#include "broker/store/posix_folder.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/journal_alive.hpp"
#include "client/cli/journal_facts.hpp"
#include "client/cli/journal_reading.hpp"
#include "client/cli/table.hpp"
#include "client/cli/verbs.hpp"
#include "client/cli/words.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/descriptor_limit.hpp"
#include "common/wire/json_text.hpp"

namespace steward::cli {

namespace {

using nlohmann::json;

struct JournalWords {
    JournalPlace place;
    bool is_alive = false;
};

base::Expected<void> refuse_unreadable(const base::Expected<core::Record>& fact) {
    return fact ? base::Expected<void>() : base::Unexpected(fact.error());
}

// Reads the journal that is meant. Nothing: why not was reported, and `status` is the exit status.
std::optional<JournalReport> read_it(Console& console,
                                     const JournalPlace& place,
                                     JournalSpills& spills,
                                     const FactSink& sink,
                                     int& status) {
    const auto path = folder_of(place);
    if (!path) {
        report_error(console, path.error());
        status = kUsage;
        return std::nullopt;
    }
    posix::raise_descriptor_limit();
    store::PosixFolder folder(*path);
    auto report = read_journal(folder, spills, sink);
    if (!console.out) {  // the program's end says it
        status = kUnwritten;
        return std::nullopt;
    }
    if (!report) {
        status = report_error(console, report.error());
        return std::nullopt;
    }
    return std::move(*report);
}

std::string spilled_text(const JournalReport& report) {
    return counted(report.spilled_jobs, "job") + " in " + counted(report.spills, "spill");
}

// ---- inspect ----
void print_files(Console& console, const JournalReport& report) {
    std::vector<std::vector<Cell>> rows;
    for (const FileTally& file : report.files) {
        const auto if_read = [&](std::uint64_t count) {
            return file.is_read ? std::to_string(count) : std::string();
        };
        const auto if_commits = [&](std::uint64_t count) {
            return file.kind == store::NameKind::Spill ? std::string() : if_read(count);
        };
        rows.push_back({{file.name},
                        {std::string(store::name_of(file.kind))},
                        {if_read(store::kFormatVersion)},
                        {std::to_string(file.bytes)},
                        {if_commits(file.commits)},
                        {if_commits(file.records)},
                        {file.is_read && file.records > 0 ? std::to_string(file.first) : ""},
                        {file.jobs > 0 ? std::to_string(file.jobs) : ""},
                        {file.is_read ? "" : "not read", Colour::Dim}});
    }
    print_table(console.out,
                {{"FILE"},
                 {"KIND"},
                 {"VERSION", true},
                 {"BYTES", true},
                 {"COMMITS", true},
                 {"RECORDS", true},
                 {"FIRST", true},
                 {"JOBS", true},
                 {""}},
                rows,
                console.has_colours);
}

void print_counts(Console& console,
                  const char* title,
                  const std::map<std::string, std::uint64_t>& counts) {
    std::vector<std::vector<Cell>> rows;
    rows.reserve(counts.size());
    for (const auto& [name, count] : counts) {
        rows.push_back({{name}, {std::to_string(count)}});
    }
    console.out << '\n';
    print_table(console.out, {{title}, {"COUNT", true}}, rows, console.has_colours);
}

std::string joined(const json& names) {
    std::string text;
    for (const json& name : names) {
        text += (text.empty() ? "" : ", ") + name.get<std::string>();
    }
    return text.empty() ? "none" : text;
}

void print_alive(Console& console, const json& alive) {
    std::vector<std::vector<Cell>> rows;
    for (const json& row : alive["jobs"]) {
        rows.push_back({{row["service"].get<std::string>()},
                        {row["state"].get<std::string>()},
                        {std::to_string(row["jobs"].get<std::uint64_t>())}});
    }
    console.out << '\n';
    print_table(console.out, {{"SERVICE"}, {"STATE"}, {"JOBS", true}}, rows, console.has_colours);
    std::string modes;
    for (const json& mode : alive["modes"]) {
        const std::string service = mode["service"].get<std::string>();
        modes += (modes.empty() ? "" : ", ") + (service.empty() ? "all services" : service) + " " +
                 mode["mode"].get<std::string>();
    }
    console.out << '\n';
    print_pairs(console.out,
                {{"results", {alive["results"].dump()}},
                 {"batches", {alive["batches"].dump()}},
                 {"schedules", {joined(alive["schedules"])}},
                 {"limits", {joined(alive["limits"])}},
                 {"groups", {joined(alive["groups"])}},
                 {"modes", {modes.empty() ? "none" : modes}}},
                console.has_colours);
}

void print_report(Console& console, const JournalReport& report) {
    const bool is_damaged = report.status() == kDamaged;
    std::vector<std::pair<std::string, Cell>> pairs = {
        {"folder", {report.folder}},
        {"state", {std::string(report.state()), is_damaged ? Colour::Red : Colour::Plain}}};
    if (report.status() != kSuccess) {
        pairs.push_back({"problem", {report.problem()}});
        pairs.push_back({"so", {report.consequence()}});
    }
    pairs.push_back(
        {"checkpoint", {report.checkpoint == 0 ? "none" : std::to_string(report.checkpoint)}});
    pairs.push_back({"records", {std::to_string(report.records)}});
    pairs.push_back({"bytes", {std::to_string(report.bytes())}});
    if (report.spills > 0) {
        pairs.push_back({"spilled", {spilled_text(report)}});
    }
    print_pairs(console.out, pairs, console.has_colours);
    console.out << '\n';
    print_files(console, report);
    print_counts(console, "FACT", report.facts);
}

base::Expected<json> alive_in(const LiveState& state, base::WallTime now) {
    LiveCounts counts(now);
    const auto done = state.each([&](const core::Record& fact) -> base::Expected<void> {
        counts.count(fact);
        return {};
    });
    return done ? base::Expected<json>(counts.report()) : base::Unexpected(done.error());
}

int inspect(Console& console, const Settings& settings, const JournalWords& words) {
    const base::Now now = posix::read_clock();
    JournalSpills spills;
    std::optional<LiveState> state;
    if (words.is_alive) {
        state.emplace(now, spills);
    }
    int status = kSuccess;
    const auto report = read_it(
        console,
        words.place,
        spills,
        [&](const FoundRecord& /*where*/, auto&& fact) {
            return fact && state ? state->take(*fact) : refuse_unreadable(fact);
        },
        status);
    if (!report) {
        return status;
    }
    base::Expected<json> alive;
    if (state) {
        alive = alive_in(*state, now.wall);
        if (!alive) {
            return report_error(console, alive.error());
        }
    }
    if (settings.as_json) {
        json document = report->json();
        if (state) {
            document["alive"] = std::move(*alive);
        }
        print_json(console, document);
    } else {
        print_report(console, *report);
        if (state) {
            print_alive(console, *alive);
        }
    }
    console.out << std::flush;
    return kSuccess;
}

// ---- verify ----
int verify(Console& console, const Settings& settings, const JournalWords& words) {
    JournalSpills spills;
    int status = kSuccess;
    const auto report = read_it(
        console,
        words.place,
        spills,
        [](const FoundRecord& /*where*/, auto&& fact) { return refuse_unreadable(fact); },
        status);
    if (!report) {
        return status;
    }
    if (settings.as_json) {
        print_json(console, report->json());
    } else {
        console.out << report->state() << ": "
                    << harmless(report->status() == kSuccess
                                    ? counted(report->records, "record") + ", " +
                                          counted(report->bytes(), "byte") +
                                          (report->spills > 0 ? ", " + spilled_text(*report) : "") +
                                          " in " + report->folder
                                    : report->problem() + "; " + report->consequence())
                    << '\n';
    }
    console.out << std::flush;
    return report->status();
}

// ---- export ----
json unreadable_json(const FoundRecord& where, const base::Error& error) {
    return {{"fact", nullptr},
            {"error", error.message},
            {"bytes", {{"base64", wire::to_base64(where.bytes)}}}};
}

int end_of_export(Console& console, const JournalReport& report) {
    console.out << std::flush;
    if (report.status() != kSuccess) {
        console.err << "steward: " << report.state() << ": " << harmless(report.problem()) << "; "
                    << harmless(report.consequence()) << '\n'
                    << std::flush;
    }
    return report.status() == kTorn ? kSuccess : report.status();
}

base::Expected<void> still_wanted(const Console& console) {
    return console.out ? base::Expected<void>()
                       : base::fail(base::Errc::Io, "the output takes nothing more");
}

int export_records(Console& console, const JournalWords& words) {
    JournalSpills spills;
    int status = kSuccess;
    bool has_unreadable = false;
    const auto report = read_it(
        console,
        words.place,
        spills,
        [&](const FoundRecord& where, auto&& fact) {
            json line = fact ? fact_json(*fact) : unreadable_json(where, fact.error());
            has_unreadable = has_unreadable || !fact;
            line["file"] = where.file;
            line["record"] = where.number;
            print_json(console, line);
            return still_wanted(console);
        },
        status);
    if (!report) {
        return status;
    }
    const int ended = end_of_export(console, *report);
    return ended == kSuccess && has_unreadable ? static_cast<int>(kDamaged) : ended;
}

int export_alive(Console& console, const JournalWords& words) {
    JournalSpills spills;
    LiveState state(posix::read_clock(), spills);
    int status = kSuccess;
    const auto report = read_it(
        console,
        words.place,
        spills,
        [&](const FoundRecord& /*where*/, auto&& fact) {
            return fact ? state.take(*fact) : refuse_unreadable(fact);
        },
        status);
    if (!report) {
        return status;
    }
    const auto done = state.each([&](const core::Record& fact) {
        print_json(console, fact_json(fact));
        return still_wanted(console);
    });
    if (!console.out) {
        return kUnwritten;
    }
    return done ? end_of_export(console, *report) : report_error(console, done.error());
}

std::shared_ptr<JournalWords> add_place(CLI::App& verb, std::shared_ptr<JournalWords> words) {
    verb.add_option("folder",
                    words->place.folder,
                    "of the journal; if it is not named, the one of the configuration");
    add_config(verb, words->place);
    return words;
}

}  // namespace

void add_journal(CLI::App& program, Invocation& invocation) {
    CLI::App* journal =
        program.add_subcommand("journal", "Looks at the files of a broker's journal");
    journal->fallthrough();
    journal->require_subcommand(1);
    auto words = std::make_shared<JournalWords>();
    const auto add =
        [&](const char* name, const char* help, std::function<int(Console&)> run) -> CLI::App& {
        CLI::App& verb = add_verb(*journal, invocation, name, help, std::move(run));
        add_place(verb, words);
        return verb;
    };
    add("inspect",
        "Tells which files there are, what they hold and where they end",
        [words, &invocation](Console& console) {
            return inspect(console, invocation.settings, *words);
        })
        .add_flag("--alive", words->is_alive, "also what jobs, schedules and so on it amounts to");
    add("verify",
        "Reads everything and tells whether it is sound",
        [words, &invocation](Console& console) {
            return verify(console, invocation.settings, *words);
        })
        .footer("Exit status: 0 sound, 6 the last write is torn, which is harmless, 7 damaged.");
    add("export", "Prints the records as JSON, one a line", [words](Console& console) {
        return words->is_alive ? export_alive(console, *words) : export_records(console, *words);
    }).add_flag("--alive", words->is_alive, "only what is alive, as a checkpoint would have it");
}

}  // namespace steward::cli
