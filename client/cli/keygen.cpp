// client/cli: `steward keygen`: makes the keys of a broker or of one of its clients.
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/verbs.hpp"
#include "common/keys/own_key.hpp"

namespace steward::cli {
namespace {

struct KeygenWords {
    std::string name;
    std::string directory = ".";
};

int keygen(Console& console, const Settings& settings, const KeygenWords& words) {
    const auto key = keys::make_key(words.name, words.directory);
    if (!key) {
        return report_error(console, key.error());
    }
    if (settings.as_json) {
        print_json(console,
                   {{"name", words.name},
                    {"public_key", key->public_key},
                    {"secret_file", key->secret_file},
                    {"public_file", key->public_file}});
        console.out << std::flush;
        return kSuccess;
    }
    console.out << "public key " << key->public_key << "\n"
                << key->secret_file << "  stays with " << words.name << ", mode 0600\n"
                << key->public_file << "  is no secret\n"
                << "For a client or worker: copy the .pub file into the broker's "
                   "security.clients_directory\n"
                << "and reload the broker (SIGHUP); set STEWARD_KEY_FILE to the .key file and\n"
                << "STEWARD_SERVER_KEY_FILE to the broker's .pub file.\n"
                << "For a broker: security.key_file is the .key file; give the .pub file to all "
                   "its clients.\n"
                << std::flush;
    return kSuccess;
}

}  // namespace

void add_keygen(CLI::App& program, Invocation& invocation) {
    auto words = std::make_shared<KeygenWords>();
    CLI::App& verb = add_verb(program,
                              invocation,
                              "keygen",
                              "Makes a pair of keys, for a broker, a client or a worker",
                              [words, &invocation](Console& console) {
                                  return keygen(console, invocation.settings, *words);
                              });
    verb.add_option("name", words->name, "who the key is: letters, digits, . _ - @")->required();
    verb.add_option("--directory", words->directory, "where NAME.key and NAME.pub are written")
        ->capture_default_str();
}

}  // namespace steward::cli
