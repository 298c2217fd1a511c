// client/cli: what `steward doctor` has seen of an installation, as values: doctor_look.cpp gathers
// them, doctor_rules.cpp judges them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.hpp"

namespace steward::cli::doctor {

struct ProgramFact {
    std::string name;     // "steward-broker"
    std::string path;     // empty: found nowhere
    std::string version;  // what --version says, "0.1.0"; empty for one that has no --version
    bool must_be_there = true;
};

struct SettingsFact {
    std::string program;
    std::string complaint;  // of --check-config; empty: it is valid
};

struct PortFact {
    std::string setting;  // "broker.client_port"
    std::string address;  // "127.0.0.1"
    std::uint16_t port = 0;
    bool is_taken = false;
    bool answers_as_meant = false;  // the program whose port it is
};

struct FolderFact {
    std::string setting;
    std::string path;
    bool is_there = false;
    std::string owner;
    unsigned mode = 0;
    std::string group = {};
    std::string user = {};       // whom its unit runs as; empty: not known
    bool is_in_memory = false;   // tmpfs
    bool is_on_network = false;  // NFS, CIFS and the like
    std::uint64_t bytes_free = 0;
};

struct SecretFact {
    std::string setting;
    std::string path;
    bool is_there = false;
    std::string owner;
    unsigned mode = 0;
    std::string user = {};  // as above
};

// What the clients' folder says: who may come in.
struct KeysFact {
    std::string complaint;                  // of who reads it; empty: it is understood
    std::size_t count = 0;                  // public keys
    std::vector<std::string> grantless;     // their names: they may ping, and no more
    std::vector<std::string> secret_files;  // secret halves, which are not to be there
};

struct SyncFact {
    std::string path;
    std::string complaint;  // why it was not measured
    base::Duration median{};
    base::Duration worst{};
};

struct MachineFact {
    std::optional<bool> is_clock_synchronised;
    bool has_time_zones = false;
    std::uint64_t descriptors_max = 0;     // what a process here may ask for
    std::uint64_t memory_bytes = 0;        // 0: not known
    std::optional<int> overcommit;         // vm.overcommit_memory
    std::optional<std::uint64_t> backlog;  // net.core.somaxconn
};

struct Facts {
    std::string version;  // of this program
    std::string config;
    bool is_config_there = false;
    std::vector<ProgramFact> programs;
    std::vector<SettingsFact> settings;
    std::string broker;                    // where it was looked for
    std::string broker_error;              // empty: it answers
    bool has_refused_key = false;          // it is there, and this program may not come in
    std::vector<std::string> left_behind;  // programs that run, of files that are replaced
    std::vector<PortFact> ports;
    std::vector<FolderFact> folders;
    std::vector<SecretFact> secrets;
    std::optional<FolderFact> clients;  // whose keys may come in
    std::optional<KeysFact> keys;       // in it; nothing: it cannot be looked into
    bool is_insecure = false;           // security.insecure
    std::optional<SyncFact> sync;       // nothing: the journal is in memory
    std::uint64_t peers_max = 0;
    std::uint64_t payload_bytes_max = 0;
    MachineFact machine;
};

}  // namespace steward::cli::doctor
