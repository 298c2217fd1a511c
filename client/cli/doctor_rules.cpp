#include "client/cli/doctor_rules.hpp"

#include <algorithm>
#include <utility>

#include "common/posix/secret_file.hpp"

namespace steward::cli::doctor {
namespace {

constexpr unsigned kOthersMayRead = 0004;
constexpr unsigned kOthersMayWrite = 0002;
constexpr unsigned kAnyButOwner = 0077;
constexpr unsigned kAnyButOwnerMayWrite = 0022;
constexpr int kOvercommitNever = 2;

using Findings = std::vector<Finding>;

void fine(Findings& out, std::string about, std::string what) {
    out.push_back({Level::Fine, std::move(about), std::move(what), {}, {}});
}

std::string milliseconds(base::Duration time) {
    const auto hundredths = time.count() / 10;
    const std::string rest = std::to_string(hundredths % 100);
    return std::to_string(hundredths / 100) + "." + (rest.size() < 2 ? "0" : "") + rest + " ms";
}

std::string mebibytes(std::uint64_t bytes) {
    return std::to_string(bytes >> 20U) + " MiB";
}

void judge_programs(const Facts& facts, Findings& out) {
    std::string good;
    for (const ProgramFact& program : facts.programs) {
        if (program.path.empty()) {
            if (program.must_be_there) {
                out.push_back({Level::Problem,
                               program.name,
                               "neither beside this program nor on PATH",
                               "nothing can start it",
                               "apt-get install --reinstall steward"});
            }
        } else if (!program.version.empty() && program.version != facts.version) {
            out.push_back({Level::Problem,
                           program.name,
                           program.path + " is version " + program.version + ", this program is " +
                               facts.version,
                           "programs of two installations are mixed",
                           "type -a " + program.name + " steward"});
        } else {
            good += (good.empty() ? "" : ", ") + program.name;
        }
    }
    if (!good.empty()) {
        fine(out, "programs", good + ": version " + facts.version);
    }
}

void judge_settings(const Facts& facts, Findings& out) {
    if (!facts.is_config_there) {
        out.push_back(
            {Level::Problem,
             "configuration",
             "there is no " + facts.config,
             "programs that are told to read it do not start",
             "steward doctor --config FILE, or: steward-broker --print-config > " + facts.config});
        return;
    }
    bool is_valid = true;
    for (const SettingsFact& one : facts.settings) {
        if (!one.complaint.empty()) {
            is_valid = false;
            out.push_back({Level::Problem,
                           "configuration",
                           one.program + " refuses it: " + one.complaint,
                           "it does not start with it, or keeps what it has read before",
                           one.program + " --check-config --config " + facts.config});
        }
    }
    if (is_valid) {
        fine(out, "configuration", facts.config + " is valid");
    }
}

void judge_broker(const Facts& facts, Findings& out) {
    if (facts.has_refused_key) {
        out.push_back({Level::Advice,
                       "broker",
                       facts.broker_error,
                       "it is there; how it is cannot be seen without a key",
                       "sudo steward doctor; or set STEWARD_KEY_FILE and STEWARD_SERVER_KEY_FILE"});
    } else if (!facts.broker_error.empty()) {
        out.push_back({Level::Problem,
                       "broker",
                       facts.broker_error,
                       "no job is taken and none runs",
                       "systemctl status steward-broker; journalctl -u steward-broker -n 20"});
    } else {
        fine(out, "broker", facts.broker + " answers");
    }
    for (const std::string& program : facts.left_behind) {
        out.push_back({Level::Advice,
                       program,
                       "the one that runs is of a file that was replaced",
                       "after an upgrade the old one goes on until it is started anew",
                       "systemctl restart " +
                           (program == "steward-supervisor" ? std::string("steward") : program)});
    }
}

void judge_port(const PortFact& port, Findings& out) {
    const std::string about = "port " + std::to_string(port.port);
    if (port.is_taken && !port.answers_as_meant) {
        out.push_back(
            {Level::Problem,
             about,
             port.setting + ": something listens at " + port.address + ", but not what should",
             "the program whose port it is cannot start, or hangs",
             "ss -ltnp 'sport = :" + std::to_string(port.port) + "'"});
    } else {
        fine(out,
             about,
             port.setting + (port.is_taken ? ": in use, as meant" : ": free, nobody listens"));
    }
}

// The group and others, as far as they may look into a folder and pass through it.
constexpr unsigned kOthersMayEnter = 0005;
constexpr unsigned kGroupMayEnter = 0050;

bool may_enter(const FolderFact& folder) {
    return folder.user.empty() || folder.owner == folder.user ||
           (folder.mode & kOthersMayEnter) == kOthersMayEnter ||
           (folder.group == folder.user && (folder.mode & kGroupMayEnter) == kGroupMayEnter);
}

void judge_folder(const FolderFact& folder, Findings& out) {
    const std::size_t before = out.size();
    const auto say = [&](Level level, std::string what, std::string why, std::string type) {
        out.push_back({level, folder.path, std::move(what), std::move(why), std::move(type)});
    };
    if (!folder.is_there) {
        say(Level::Advice,
            folder.setting + ": not there, or not to be seen by you",
            "a program that may not make it does not start",
            "install -d -o steward -g steward -m 0750 " + folder.path);
        return;
    }
    if (!folder.user.empty() && folder.owner != folder.user) {
        say(Level::Problem,
            folder.setting + ": of " + folder.owner + ", and its unit runs as " + folder.user,
            "the program cannot write there, and does not start",
            "chown -R " + folder.user + " " + folder.path);
    }
    if ((folder.mode & kOthersMayWrite) != 0) {
        say(Level::Problem,
            "mode " + posix::mode_text(folder.mode) + ": everybody may write into it",
            "any user here can put jobs of his own before the workers",
            "chmod o-w " + folder.path);
    } else if ((folder.mode & kOthersMayRead) != 0) {
        say(Level::Advice,
            "mode " + posix::mode_text(folder.mode) + ": everybody may look into it",
            "names of files and services are nobody else's business",
            "chmod 0750 " + folder.path);
    }
    if (folder.is_in_memory) {
        say(Level::Problem,
            "it is on a file system in memory",
            "all jobs are gone with the machine's next start",
            "set " + folder.setting + " to a folder on a disk");
    }
    if (folder.is_on_network) {
        say(Level::Advice,
            "it is on a file system of the network",
            "syncs are slow there, and locks that keep a second broker away may not hold",
            "set " + folder.setting + " to a folder on a disk of this machine");
    }
    if (folder.bytes_free < kDiskBytesLow) {
        say(folder.bytes_free < kDiskBytesNone ? Level::Problem : Level::Advice,
            mebibytes(folder.bytes_free) + " are free",
            "durable jobs are refused when nothing is",
            "du -xh --max-depth=1 " + folder.path);
    }
    if (out.size() == before) {
        fine(out,
             folder.path,
             folder.setting + ": of " + folder.owner + ", " + mebibytes(folder.bytes_free) +
                 " free");
    }
}

// Who may write there lets in whom he likes.
void judge_clients(const FolderFact& clients, Findings& out) {
    if (!clients.is_there) {
        out.push_back({Level::Problem,
                       clients.path,
                       clients.setting + ": not there, or not to be seen by you",
                       "nobody can connect but those who are let in otherwise",
                       "install -d -o root -g steward -m 0750 " + clients.path});
    } else if ((clients.mode & kAnyButOwnerMayWrite) != 0) {
        out.push_back(
            {Level::Problem,
             clients.path,
             "mode " + posix::mode_text(clients.mode) + ": not only its owner may write into it",
             "who can put a key there comes in with all the grants he writes down",
             "chmod go-w " + clients.path});
    } else if (!may_enter(clients)) {
        out.push_back(
            {Level::Problem,
             clients.path,
             "mode " + posix::mode_text(clients.mode) + " of " + clients.owner +
                 ", and "
                 "its unit runs as " +
                 clients.user,
             "the broker cannot read who may come in, and does not start",
             "chgrp " + clients.user + " " + clients.path + "; chmod g+rx " + clients.path});
    } else {
        fine(out, clients.path, clients.setting + ": of " + clients.owner);
    }
}

void judge_keys(const KeysFact& keys, const std::string& folder, Findings& out) {
    const std::size_t before = out.size();
    const auto say = [&](Level level, std::string what, std::string why, std::string type) {
        out.push_back({level, "keys", std::move(what), std::move(why), std::move(type)});
    };
    for (const std::string& file : keys.secret_files) {
        say(Level::Problem,
            file + ": a secret key",
            "it is for whom it proves, and for nobody else; the broker needs NAME.pub",
            "rm " + file);
    }
    if (!keys.complaint.empty()) {
        say(Level::Problem,
            keys.complaint,
            "the broker does not start with it, and a reload leaves everything as it was",
            "ls -l " + folder);
    } else if (keys.count == 0) {
        say(Level::Advice,
            "there is none in " + folder,
            "nobody on another machine can come in",
            "steward keygen NAME; cp NAME.pub " + folder + "; systemctl reload steward-broker");
    }
    for (const std::string& name : keys.grantless) {
        say(Level::Advice,
            name + " has no grants",
            "it may come in and ping, and no more",
            "in its file in " + folder +
                ": grants = [\"submit = ['*']\"]; systemctl reload "
                "steward-broker");
    }
    if (out.size() == before) {
        fine(out, "keys", std::to_string(keys.count) + " of clients");
    }
}

void judge_insecure(bool is_insecure, Findings& out) {
    if (is_insecure) {
        out.push_back({Level::Advice,
                       "security.insecure",
                       "the broker may listen to other machines without a key",
                       "whoever reaches its ports reads and runs all jobs",
                       "steward keygen server --directory /etc/steward"});
    }
}

void judge_secret(const SecretFact& secret, Findings& out) {
    if (!secret.is_there) {
        out.push_back({Level::Problem,
                       secret.path,
                       secret.setting + ": not there, or not to be seen by you",
                       "the program that reads it does not start",
                       "ls -l " + secret.path});
    } else if ((secret.mode & kAnyButOwner) != 0) {
        out.push_back(
            {Level::Problem,
             secret.path,
             secret.setting + ": mode " + posix::mode_text(secret.mode) + " of " + secret.owner,
             "a secret that others can read is none",
             "chmod 600 " + secret.path});
    } else if (!secret.user.empty() && secret.owner != secret.user) {
        out.push_back({Level::Problem,
                       secret.path,
                       secret.setting + ": only " + secret.owner +
                           " can read it, and its unit "
                           "runs as " +
                           secret.user,
                       "the program that reads it does not start",
                       "chown " + secret.user + " " + secret.path});
    } else {
        fine(out, secret.path, secret.setting + ": only " + secret.owner + " can read it");
    }
}

void judge_sync(const SyncFact& sync, Findings& out) {
    const std::string figures =
        "median " + milliseconds(sync.median) + ", worst " + milliseconds(sync.worst);
    const std::string look = "steward doctor again while the machine is idle; smartctl -a DEVICE";
    if (!sync.complaint.empty()) {
        out.push_back({Level::Advice,
                       "disk speed",
                       "not measured: " + sync.complaint,
                       "how soon a job is acknowledged depends on it",
                       "sudo steward doctor"});
    } else if (sync.median < kSyncTooGood) {
        out.push_back({Level::Advice,
                       "disk speed",
                       "a sync takes " + figures + ": no disk is that quick",
                       "one that does not write when told to loses jobs when power is lost",
                       "hdparm -W DEVICE (a cache without a battery is to be off)"});
    } else if (sync.median > kSyncSlow || sync.worst > kSyncWorst) {
        out.push_back({Level::Advice,
                       "disk speed",
                       "a sync takes " + figures,
                       "each acknowledgement of a durable job waits for one",
                       look + "; or journal.durability = \"interval:50ms\""});
    } else {
        fine(out, "disk speed", "a sync takes " + figures);
    }
}

void judge_clock(const MachineFact& machine, Findings& out) {
    if (!machine.has_time_zones) {
        out.push_back({Level::Problem,
                       "time zones",
                       "there is no /usr/share/zoneinfo",
                       "schedules with a zone cannot be set",
                       "apt-get install tzdata"});
    }
    if (machine.is_clock_synchronised == false) {
        out.push_back({Level::Advice,
                       "clock",
                       "nothing keeps it right",
                       "schedules and delays go by it, and ids and logs of several machines are "
                       "compared by it",
                       "apt-get install systemd-timesyncd; timedatectl set-ntp true"});
    } else if (machine.is_clock_synchronised) {
        fine(out, "clock", "kept right");
    }
}

void judge_limits(const Facts& facts, Findings& out) {
    const MachineFact& machine = facts.machine;
    const std::size_t before = out.size();
    if (machine.descriptors_max < kDescriptorsLow) {
        out.push_back(
            {Level::Advice,
             "open files",
             "at most " + std::to_string(machine.descriptors_max) + " for a process",
             "each connection is one, and limits.peers_max is " + std::to_string(facts.peers_max),
             "ulimit -Hn 1048576; the units set LimitNOFILE themselves"});
    }
    if (machine.memory_bytes > 0 && facts.payload_bytes_max > machine.memory_bytes / 2) {
        out.push_back(
            {Level::Advice,
             "memory",
             mebibytes(machine.memory_bytes) + ", and limits.payload_bytes_total_max is " +
                 mebibytes(facts.payload_bytes_max),
             "volatile jobs that wait stay in memory: the system may kill the broker "
             "before it refuses one",
             "in " + facts.config + ": payload_bytes_total_max = \"" +
                 std::to_string(std::max<std::uint64_t>(machine.memory_bytes / 2 >> 20U, 1)) +
                 "MiB\""});
    }
    if (machine.overcommit == kOvercommitNever) {
        out.push_back(
            {Level::Advice,
             "memory",
             "vm.overcommit_memory is 2",
             "checkpoints are written by a copy of the broker's process, which then needs "
             "as much again; without them the journal grows",
             "sysctl vm.overcommit_memory=0"});
    }
    if (machine.backlog && *machine.backlog < kBacklogLow) {
        out.push_back({Level::Advice,
                       "connections",
                       "net.core.somaxconn is " + std::to_string(*machine.backlog),
                       "when many peers come back at once, some are turned away for a second",
                       "sysctl net.core.somaxconn=4096"});
    }
    if (out.size() == before) {
        fine(out,
             "limits",
             std::to_string(machine.descriptors_max) + " open files, " +
                 mebibytes(machine.memory_bytes) + " of memory");
    }
}

}  // namespace

const char* name_of(Level level) {
    switch (level) {
        case Level::Fine: return "fine";
        case Level::Advice: return "advice";
        case Level::Problem: return "problem";
    }
    return "";
}

std::vector<Finding> findings_of(const Facts& facts) {
    Findings out;
    judge_programs(facts, out);
    judge_settings(facts, out);
    judge_broker(facts, out);
    for (const PortFact& port : facts.ports) {
        judge_port(port, out);
    }
    for (const FolderFact& folder : facts.folders) {
        judge_folder(folder, out);
    }
    for (const SecretFact& secret : facts.secrets) {
        judge_secret(secret, out);
    }
    if (facts.clients) {
        judge_clients(*facts.clients, out);
        if (facts.keys) {
            judge_keys(*facts.keys, facts.clients->path, out);
        }
    }
    judge_insecure(facts.is_insecure, out);
    if (facts.sync) {
        judge_sync(*facts.sync, out);
    }
    judge_clock(facts.machine, out);
    judge_limits(facts, out);
    return out;
}

}  // namespace steward::cli::doctor
