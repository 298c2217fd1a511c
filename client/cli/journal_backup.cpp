// client/cli: `steward backup`: copies a journal while its broker runs. Asks no broker: the files
// themselves are enough, see broker/store/journal_copy.hpp.
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "broker/store/journal_copy.hpp"
#include "broker/store/posix_disk.hpp"
#include "broker/store/posix_folder.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/journal_reading.hpp"
#include "client/cli/journal_spills.hpp"
#include "client/cli/verbs.hpp"
#include "client/cli/words.hpp"
#include "common/posix/descriptor_limit.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/signal_fd.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::cli {

namespace {

namespace fs = std::filesystem;

// A folder beside the one that is to be: it gets that name when everything in it is safe, and goes
// when something fails before.
class NewFolder {
public:
    // Errors: Io, also when the folder is there and not empty.
    static base::Expected<std::unique_ptr<NewFolder>> make(fs::path wanted) {
        if (!wanted.has_filename()) {  // "DIR/"
            wanted = wanted.parent_path();
        }
        std::error_code error;
        if (fs::exists(fs::symlink_status(wanted, error)) &&
            (!fs::is_directory(wanted, error) || !fs::is_empty(wanted, error) || error)) {
            return base::fail(
                base::Errc::Io,
                wanted.string() + " is there already; a backup wants a new or empty folder");
        }
        std::string pattern = wanted.string() + ".unfinished-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) {
            return posix::io_error("cannot make a folder beside " + wanted.string(), errno);
        }
        return std::unique_ptr<NewFolder>(new NewFolder(std::move(wanted), pattern));
    }

    ~NewFolder() {
        if (!is_kept_) {
            std::error_code ignored;  // what failed first is told
            fs::remove_all(path_, ignored);
        }
    }

    NewFolder(const NewFolder&) = delete;
    NewFolder& operator=(const NewFolder&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

    // As readable for others as the one that it is a copy of. Errors: Io.
    base::Expected<void> take_its_name(const std::string& copied_from) {
        struct stat status {};

        if (::stat(copied_from.c_str(), &status) != 0 ||
            ::chmod(path_.c_str(), status.st_mode & 07777U) != 0) {
            return posix::io_error("cannot set who may read " + path_, errno);
        }
        if (::rename(path_.c_str(), wanted_.c_str()) != 0) {
            return posix::io_error("cannot rename " + path_ + " to " + wanted_.string(), errno);
        }
        is_kept_ = true;
        const fs::path above = wanted_.has_parent_path() ? wanted_.parent_path() : fs::path(".");
        const posix::UniqueFd fd(::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!fd.is_open() || ::fsync(fd.get()) != 0) {
            return posix::io_error("cannot sync the folder " + above.string(), errno);
        }
        return {};
    }

private:
    NewFolder(fs::path wanted, std::string path)
        : wanted_(std::move(wanted)), path_(std::move(path)) {}

    fs::path wanted_;
    std::string path_;
    bool is_kept_ = false;
};

base::Expected<store::CopyReport> copy(const std::string& from, const std::string& to) {
    store::PosixFolder source(from);
    const auto found = store::look_into(source);  // before anything is made
    if (!found) {
        return base::Unexpected(found.error());
    }
    if (!found->is_journal()) {
        return base::fail(base::Errc::Io,
                          from +
                              " holds no journal; name its folder with --journal, or the "
                              "broker's configuration with --config");
    }
    auto folder = NewFolder::make(to);
    if (!folder) {
        return base::Unexpected(std::move(folder.error()));
    }
    auto disk = store::PosixDisk::open((*folder)->path());
    if (!disk) {
        return base::Unexpected(std::move(disk.error()));
    }
    auto copied = store::copy_journal(source, **disk, &spill_used_by);
    if (!copied) {
        return copied;
    }
    if (auto named = (*folder)->take_its_name(from); !named) {
        return base::Unexpected(std::move(named.error()));
    }
    return copied;
}

int backup(Console& console,
           const Settings& settings,
           const JournalPlace& place,
           const std::string& to) {
    const auto from = folder_of(place);
    if (!from) {
        report_error(console, from.error());
        return kUsage;
    }
    posix::raise_descriptor_limit();
    posix::ignore_write_signals();  // a limit of the file size is told like a full disk
    const auto copied = copy(*from, to);
    if (!copied) {
        const int status = report_error(console, copied.error());
        return copied.error().code == base::Errc::Malformed ? static_cast<int>(kDamaged) : status;
    }
    if (settings.as_json) {
        print_json(console,
                   {{"journal", *from},
                    {"backup", to},
                    {"files", copied->files},
                    {"spills", copied->spills},
                    {"bytes", copied->bytes},
                    {"records", copied->records}});
    } else {
        console.out << harmless(to) << ": " << counted(copied->records, "record") << " in "
                    << counted(copied->files, "file") << ", " << counted(copied->bytes, "byte")
                    << '\n';
    }
    console.out << std::flush;
    return kSuccess;
}

}  // namespace

void add_backup(CLI::App& program, Invocation& invocation) {
    struct Words {
        JournalPlace place;
        std::string to;
    };

    auto words = std::make_shared<Words>();
    CLI::App& verb =
        add_verb(program,
                 invocation,
                 "backup",
                 "Copies the journal of a broker, which may go on meanwhile",
                 [words, &invocation](Console& console) {
                     return backup(console, invocation.settings, words->place, words->to);
                 });
    verb.add_option("folder", words->to, "where the copy goes: new or empty")->required();
    verb.add_option("--journal",
                    words->place.folder,
                    "the journal's folder; if it is not named, the one of the configuration");
    add_config(verb, words->place);
}

}  // namespace steward::cli
