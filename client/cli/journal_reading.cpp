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
    Reader(JournalReport& report, const FactSink& sink) : report_(report), sink_(sink) {}

    void begin(const store::ChainFile& file) override {
        tally_ = &*std::ranges::find(report_.files, file.name, &FileTally::name);
        tally_->is_read = true;
    }

    base::Expected<void> commit(const store::Commit& commit) override {
        ++tally_->commits;
        tally_->first = tally_->records == 0 ? commit.first : tally_->first;
        std::uint64_t number = commit.first;
        auto taken = commit.each([&](std::string_view bytes) {
            auto fact = core::decode_record(bytes);
            ++tally_->records;
            ++report_.records;
            ++report_.facts[fact ? std::string(name_of(*fact)) : "unreadable"];
            return sink_({tally_->name, commit.offset, number++, bytes}, std::move(fact));
        });
        if (!taken) {
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
    JournalReport& report_;
    const FactSink& sink_;
    FileTally* tally_ = nullptr;  // of the file that is read, in the report
    std::uint64_t refused_at_ = 0;
    bool is_refused_ = false;
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
    // NOLINTNEXTLINE(concurrency-mt-unsafe): this program has one thread here
    const char* environment = std::getenv("STEWARD_DATA_DIR");
    if (environment != nullptr && *environment != '\0') {
        data_dir = environment;
    }
    return store::journal_path(data_dir, folder);
}

base::Expected<JournalReport> read_journal(store::ReadableFolder& folder, const FactSink& sink) {
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
    Reader reader(report, sink);
    auto end = store::walk_chain(folder, **chain, reader);
    if (!end && !reader.is_refused()) {
        return base::Unexpected(std::move(end.error()));
    }
    report.end = end ? std::move(*end) : reader.refusal(end.error());
    return report;
}

std::string_view JournalReport::state() const {
    switch (end.how) {
        case How::Sound: return "sound";
        case How::Torn: return "torn";
        case How::Damaged: return "damaged";
    }
    return "damaged";
}

int JournalReport::status() const {
    switch (end.how) {
        case How::Sound: return kSuccess;
        case How::Torn: return kTorn;
        case How::Damaged: return kDamaged;
    }
    return kDamaged;
}

std::string JournalReport::problem() const {
    return end.how == How::Sound ? std::string()
                                 : folder + "/" + end.file + ", offset " +
                                       std::to_string(end.offset) + ": " + end.rule;
}

std::string JournalReport::consequence() const {
    switch (end.how) {
        case How::Sound: return {};
        case How::Torn:
            return "it was acknowledged to nobody, or is just being written; a broker that starts "
                   "drops " +
                   drop_text(end);
        case How::Damaged: break;
    }
    return end.can_repair
               ? "no broker starts with it; steward-broker --repair would drop " + drop_text(end)
               : "no broker starts with it, and --repair does not help: look for a backup";
}

nlohmann::json JournalReport::json() const {
    nlohmann::json value = {{"folder", folder},
                            {"state", std::string(state())},
                            {"checkpoint", checkpoint},
                            {"bytes", end.bytes},
                            {"records", records},
                            {"next_record", end.next.record},
                            {"facts", facts}};
    nlohmann::json& rows = value["files"] = nlohmann::json::array();
    for (const FileTally& file : files) {
        nlohmann::json row = {{"file", file.name},
                              {"kind", std::string(store::name_of(file.kind))},
                              {"bytes", file.bytes},
                              {"is_read", file.is_read}};
        if (file.is_read) {
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
    return value;
}

}  // namespace steward::cli
