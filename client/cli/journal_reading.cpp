#include "client/cli/journal_reading.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <CLI/CLI.hpp>

#include "broker/core/record_codec.hpp"
#include "broker/store/journal_place.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/journal_facts.hpp"
#include "client/cli/words.hpp"
#include "common/config/peek.hpp"

namespace steward::cli {

namespace {

using How = store::ChainEnd::How;

class Reader final : public store::ChainVisitor {
public:
    Reader(JournalReport& report, JournalSpills& spills, const FactSink& sink)
        : report_(report), spills_(spills), sink_(sink) {}

    void begin(const store::ChainFile& file) override {
        tally_ = &*std::ranges::find(report_.files, file.name, &FileTally::name);
        tally_->is_read = true;
    }

    base::Expected<void> commit(const store::Commit& commit) override {
        ++tally_->commits;
        tally_->first = tally_->records == 0 ? commit.first : tally_->first;
        std::uint64_t number = commit.first;
        auto taken = commit.each([&](std::string_view bytes) {
            ++tally_->records;
            ++report_.records;
            return take({tally_->name, commit.offset, number++, bytes});
        });
        if (!taken && !cannot_read_) {
            refused_at_ = commit.offset;
            is_refused_ = true;
        }
        return taken;
    }

    void end(const store::ChainFile& /*file*/, const store::FileEnd& end) override {
        tally_->bytes = end.size;
    }

    [[nodiscard]] bool is_refused() const { return is_refused_; }

    // A record that is whole and that no broker takes.
    [[nodiscard]] store::ChainEnd refusal(const base::Error& error) const {
        store::ChainEnd end;
        end.how = How::Damaged;
        end.file = tally_->name;
        end.offset = refused_at_;
        end.size = tally_->bytes;
        end.rule = error.message;
        end.can_repair = false;
        end.code = error.code;
        return end;
    }

private:
    base::Expected<void> take(const FoundRecord& place) {
        auto record = core::decode_record(place.bytes);
        if (!record) {
            ++report_.facts["unreadable"];
            return sink_(place, base::Unexpected(std::move(record.error())));
        }
        return core::each_fact(*std::move(record), [&](core::Record&& fact) {
            ++report_.facts[std::string(name_of(fact))];
            if (auto looked = look_at_spill(fact); !looked) {
                cannot_read_ = true;
                return looked;
            }
            return sink_(place, std::move(fact));
        });
    }

    base::Expected<void> look_at_spill(const core::Record& fact) {
        const auto* spilled = std::get_if<core::JobsSpilled>(&fact);
        if (spilled == nullptr) {
            return {};
        }
        const std::string name = store::file_name(store::FileKind::Spill, spilled->spill);
        const auto tally = std::ranges::find(report_.files, name, &FileTally::name);
        if (tally != report_.files.end()) {
            tally->is_read = true;
            tally->jobs = spilled->count;
            report_.spill_bytes += tally->bytes;
        }
        ++report_.spills;
        report_.spilled_jobs += spilled->count;
        return spills_.check(*spilled, report_.lost);
    }

    JournalReport& report_;
    JournalSpills& spills_;
    const FactSink& sink_;
    FileTally* tally_ = nullptr;  // of the file that is read, in the report
    std::uint64_t refused_at_ = 0;
    bool is_refused_ = false;
    bool cannot_read_ = false;
};

// All files of the folder, with their sizes. One that is gone meanwhile is left out.
base::Expected<std::vector<FileTally>> files_in(store::ReadableFolder& folder) {
    auto names = folder.list();
    if (!names) {
        return base::Unexpected(std::move(names.error()));
    }
    std::ranges::sort(*names);
    std::vector<FileTally> files;
    for (const std::string& name : *names) {
        FileTally tally{name, store::kind_of(name).kind};
        if (tally.kind == store::NameKind::Lock || tally.kind == store::NameKind::Other) {
            continue;
        }
        const auto open = folder.open_to_read(name);
        if (!open || *open == nullptr) {
            continue;
        }
        const auto size = (*open)->size();
        tally.bytes = size ? *size : 0;
        files.push_back(std::move(tally));
    }
    return files;
}

// What the chain has and the listing before it had not.
void complete(std::vector<FileTally>& files, const store::Chain& chain) {
    for (const store::ChainFile& file : chain.files()) {
        if (std::ranges::find(files, file.name, &FileTally::name) == files.end()) {
            files.push_back({file.name, store::kind_of(file.name).kind});
        }
    }
    for (const auto& [number, spill] : chain.spills) {
        const auto known = std::ranges::find(files, spill.name, &FileTally::name);
        FileTally& tally = known != files.end()
                               ? *known
                               : files.emplace_back(FileTally{spill.name, store::NameKind::Spill});
        tally.bytes = spill.open->size().value_or(tally.bytes);
    }
    std::ranges::sort(files, {}, &FileTally::name);
}

std::string drop_text(const store::ChainEnd& end) {
    std::string text = end.offset == 0
                           ? "all of " + end.file
                           : counted(end.size - end.offset, "byte") + " of " + end.file +
                                 " from offset " + std::to_string(end.offset);
    for (const std::string& name : end.set_aside) {
        text += ", all of " + name;
    }
    return text;
}

std::string where(const std::string& folder,
                  const std::string& file,
                  std::uint64_t offset,
                  const std::string& rule) {
    return folder + "/" + file + ", offset " + std::to_string(offset) + ": " + rule;
}

// What `text_of` says of the first ones, and how many more there are.
template <class TextOf>
std::string of_each(const std::vector<LostJobs>& lost, std::string_view between, TextOf&& text_of) {
    constexpr std::size_t kToldMax = 20;
    std::string text;
    for (std::size_t i = 0; i < std::min(lost.size(), kToldMax); ++i) {
        text += i == 0 ? "" : between;
        text += text_of(lost[i]);
    }
    if (lost.size() > kToldMax) {
        text += between;
        text += std::to_string(lost.size() - kToldMax) + " more, which --json tells";
    }
    return text;
}

std::string lost_text(const std::vector<LostJobs>& lost) {
    return of_each(lost, ", ", [](const LostJobs& one) {
        return one.job ? "job " + one.job->text()
                       : counted(one.jobs, "job") + " of " + one.service + " in " + one.file;
    });
}

nlohmann::json lost_json(const std::vector<LostJobs>& lost) {
    nlohmann::json rows = nlohmann::json::array();
    for (const LostJobs& one : lost) {
        nlohmann::json row = {{"file", one.file},
                              {"offset", one.offset},
                              {"rule", one.rule},
                              {"service", one.service},
                              {"jobs", one.jobs}};
        if (one.job) {
            row["job"] = one.job->text();
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

void add_config(CLI::App& verb, JournalPlace& place) {
    verb.add_option(
        "--config,-c", place.config, "the broker's configuration, which says where its journal is");
}

base::Expected<std::string> folder_of(const JournalPlace& place) {
    if (!place.folder.empty()) {
        return place.folder;
    }
    std::string data_dir = store::kDataDirDefault;
    std::string folder = store::kFolderDefault;
    if (!place.config.empty()) {
        const auto given = config::read_texts(place.config, {"broker.data_dir", "journal.folder"});
        if (!given) {
            return base::Unexpected(given.error());
        }
        data_dir = given->at(0).value_or(data_dir);
        folder = given->at(1).value_or(folder);
    }
    const char* environment = std::getenv("STEWARD_DATA_DIR");
    if (environment != nullptr && *environment != '\0') {
        data_dir = environment;
    }
    return store::journal_path(data_dir, folder);
}

base::Expected<JournalReport> read_journal(store::ReadableFolder& folder,
                                           JournalSpills& spills,
                                           const FactSink& sink) {
    JournalReport report;
    report.folder = folder.path_of("");
    report.folder.pop_back();  // its '/'
    const auto found = store::look_into(folder);
    if (!found) {
        return base::Unexpected(found.error());
    }
    if (!found->is_journal()) {
        const bool is_above =
            std::ranges::find(found->others, store::kFolderDefault) != found->others.end();
        return base::fail(
            base::Errc::Io,
            report.folder + " holds no journal" +
                (is_above ? "; do you mean " + folder.path_of(store::kFolderDefault) + "?" : ""));
    }
    auto files = files_in(folder);
    auto chain = store::open_chain(folder);
    if (!files || !chain) {
        return base::Unexpected(files ? std::move(chain.error()) : std::move(files.error()));
    }
    if (!*chain) {
        return base::fail(
            base::Errc::Io,
            report.folder + " changes faster than its files can be opened; try again");
    }
    complete(*files, **chain);
    report.files = std::move(*files);
    report.checkpoint = (*chain)->checkpoint ? (*chain)->checkpoint->number : 0;
    spills.use(folder, std::move((*chain)->spills));
    Reader reader(report, spills, sink);
    auto end = store::walk_chain(folder, **chain, reader);
    if (!end && !reader.is_refused()) {
        return base::Unexpected(std::move(end.error()));
    }
    report.end = end ? std::move(*end) : reader.refusal(end.error());
    return report;
}

std::string_view JournalReport::state() const {
    return is_damaged() ? "damaged" : end.how == How::Torn ? "torn" : "sound";
}

int JournalReport::status() const {
    return is_damaged() ? kDamaged : end.how == How::Torn ? kTorn : kSuccess;
}

std::string JournalReport::problem() const {
    std::string text = of_each(lost, "; ", [this](const LostJobs& one) {
        return where(folder, one.file, one.offset, one.rule);
    });
    if (end.how == How::Damaged || (end.how == How::Torn && lost.empty())) {
        text = where(folder, end.file, end.offset, end.rule) + (text.empty() ? "" : "; ") + text;
    }
    return text;
}

std::string JournalReport::consequence() const {
    if (!is_damaged()) {
        return end.how == How::Sound ? ""
                                     : "it was acknowledged to nobody, or is just being written; a "
                                       "broker that starts drops " +
                                           drop_text(end);
    }
    if (end.how == How::Damaged && !end.can_repair) {
        return "no broker starts with it, and --repair does not help: look for a backup";
    }
    const bool is_cut = end.how == How::Damaged;
    return (is_cut || has_lost_files()
                ? "no broker starts with it"
                : std::string("a broker ends when it comes to what stands there")) +
           "; steward-broker --repair would drop " + (is_cut ? drop_text(end) : "") +
           (is_cut && !lost.empty() ? ", " : "") + lost_text(lost);
}

bool JournalReport::has_lost_files() const {
    return std::ranges::any_of(lost, [](const LostJobs& one) { return !one.job; });
}

nlohmann::json JournalReport::json() const {
    nlohmann::json value = {{"folder", folder},
                            {"state", std::string(state())},
                            {"checkpoint", checkpoint},
                            {"bytes", bytes()},
                            {"records", records},
                            {"next_record", end.next.record},
                            {"facts", facts},
                            {"spills", {{"files", spills}, {"jobs", spilled_jobs}}}};
    nlohmann::json& rows = value["files"] = nlohmann::json::array();
    for (const FileTally& file : files) {
        nlohmann::json row = {{"file", file.name},
                              {"kind", std::string(store::name_of(file.kind))},
                              {"bytes", file.bytes},
                              {"is_read", file.is_read}};
        if (file.is_read && file.kind == store::NameKind::Spill) {
            row.update({{"version", store::kFormatVersion}, {"jobs", file.jobs}});
        } else if (file.is_read) {
            row.update({{"version", store::kFormatVersion},
                        {"commits", file.commits},
                        {"records", file.records},
                        {"first_record", file.first}});
        }
        rows.push_back(std::move(row));
    }
    if (end.how != How::Sound) {
        value["problem"] = {{"file", end.file}, {"offset", end.offset}, {"rule", end.rule}};
        nlohmann::json& drops = value["drops"] = nlohmann::json::array();
        if (end.can_repair) {
            drops.push_back(
                {{"file", end.file}, {"offset", end.offset}, {"bytes", end.size - end.offset}});
            for (const std::string& name : end.set_aside) {
                drops.push_back({{"file", name}, {"offset", 0}});
            }
        }
        value["can_repair"] = end.can_repair;
    }
    if (!lost.empty()) {
        value["lost"] = lost_json(lost);
        if (end.how != How::Damaged) {
            const LostJobs& first = lost.front();
            value["problem"] = {
                {"file", first.file}, {"offset", first.offset}, {"rule", first.rule}};
            value["can_repair"] = true;
        }
    }
    return value;
}

}  // namespace steward::cli
