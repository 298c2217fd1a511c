# Sourced by bin/start, bin/stop and bin/status: which processes the configuration names, which of
# them run, and where their pid files and logs are. Starts and stops nothing itself.

readonly root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly program_dir=${STEWARD_BIN_DIR:-$root/build/bin}
readonly run_dir=${STEWARD_RUN_DIR:-$root/run}
readonly log_dir=${STEWARD_LOG_DIR:-$root/logs}
readonly me=bin/$(basename "$0")
config=${STEWARD_CONFIG:-$root/etc/steward.toml}
want_servers=no
want_workers=no

fail() {
    echo "$me: $*" >&2
    exit 1
}

# Options that all three share. Without --servers or --workers both are meant.
parse_options() {
    while [[ $# -gt 0 ]]; do
        case "$1" in
            --servers | --brokers) want_servers=yes ;;
            --workers) want_workers=yes ;;
            -c | --config)
                [[ $# -ge 2 ]] || fail "$1 wants a file"
                config=$(realpath -m "$2")
                shift
                ;;
            --config=*) config=$(realpath -m "${1#*=}") ;;
            --help | -h) usage; exit 0 ;;
            *) echo "$me: unknown option $1" >&2; usage >&2; exit 2 ;;
        esac
        shift
    done
    if [[ $want_servers == no && $want_workers == no ]]; then
        want_servers=yes
        want_workers=yes
    fi
}

# Prints the [[process]] entries of one kind, in their order: name, program and args, tab-separated.
processes_of_kind() {
    [[ -x $program_dir/steward-broker ]] || fail "there is no $program_dir/steward-broker: run bin/setup"
    local all name kind rest
    all=$("$program_dir/steward-broker" --config "$config" --print-processes) || exit 1
    while IFS=$'\t' read -r name kind rest; do
        if [[ $kind == "$1" ]]; then
            printf '%s\t%s\n' "$name" "$rest"
        fi
    done <<<"$all"
}

# A process as the kernel names it for good: its pid may be used again, pid and start time never.
# Prints the start time; fails when there is no such process or only its remains.
start_time_of() {
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -r -a fields <<<"${stat##*) }"
    [[ ${fields[0]} != Z && ${fields[0]} != X ]] || return 1
    echo "${fields[19]}"
}

# Whether this very process still runs.
is_alive() {
    [[ "$(start_time_of "$1")" == "$2" ]]
}

# Looks at run/NAME.pid. Sets state to running, stale or none, and pid and started_at.
look_at() {
    local file=$run_dir/$1.pid
    state=none pid='' started_at=''
    [[ -f $file ]] || return 0
    read -r pid started_at <"$file" || true
    state=stale
    if [[ $pid =~ ^[0-9]+$ ]] && is_alive "$pid" "$started_at"; then
        state=running
    fi
}

# Waits, at most $1 seconds, until the rest of the arguments, a command, succeeds.
wait_until() {
    local tries=$(($1 * 20))
    shift
    while ! "$@"; do
        ((tries-- > 0)) || return 1
        sleep 0.05
    done
}
