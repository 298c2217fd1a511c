# Sourced by bin/start, bin/stop and bin/status: which processes the configuration names, which of
# them run, and where their pid files and logs are. Starts and stops nothing itself.

readonly root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly program_dir=${STEWARD_BIN_DIR:-$root/build/bin}
readonly run_dir=$(realpath -m "${STEWARD_RUN_DIR:-$root/run}")
readonly log_dir=$(realpath -m "${STEWARD_LOG_DIR:-$root/logs}")
readonly me=bin/$(basename "$0")
config=$(realpath -m "${STEWARD_CONFIG:-$root/etc/steward.toml}")
selection=()

fail() {
    echo "$me: $*" >&2
    exit 1
}

# Options that all three share. Sets selection: those of them that narrow what is meant.
parse_options() {
    while [[ $# -gt 0 ]]; do
        case "$1" in
            --servers | --brokers | --workers) selection+=("$1") ;;
            --role)
                [[ $# -ge 2 ]] || fail "$1 wants a name"
                selection+=(--role "$2")
                shift
                ;;
            --role=*) selection+=(--role "${1#*=}") ;;
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
    [[ -x $program_dir/steward-supervisor ]] ||
        fail "there is no $program_dir/steward-supervisor: run bin/setup"
    # The folders may be given from elsewhere; the programs run from the project's root.
    export STEWARD_RUN_DIR=$run_dir STEWARD_LOG_DIR=$log_dir STEWARD_BIN_DIR=$program_dir
    cd "$root"
}

# Prints the names of the processes that are meant, servers first.
process_names() {
    local all name kind wanted rest
    all=$("$program_dir/steward-supervisor" --config "$config" --print-processes "${selection[@]}") ||
        exit 1
    for wanted in server worker; do
        while IFS=$'\t' read -r name kind rest; do
            if [[ $kind == "$wanted" ]]; then
                echo "$name"
            fi
        done <<<"$all"
    done
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

# Looks at run/NAME.pid. Sets state to running, stale or none, and pid.
look_at() {
    local file=$run_dir/$1.pid started_at=''
    state=none pid=''
    [[ -f $file ]] || return 0
    read -r pid started_at <"$file" || true
    state=stale
    if [[ $pid =~ ^[0-9]+$ && "$(start_time_of "$pid")" == "$started_at" ]]; then
        state=running
    fi
}

is_supervised() {
    look_at supervisor
    [[ $state == running ]]
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

# Tells of pid files whose process is gone, and removes them.
clear_stale_files() {
    local name
    for name in "$@"; do
        look_at "$name"
        if [[ $state == stale ]]; then
            echo "$name is not running but a stale pid file was found"
            rm -f "$run_dir/$name.pid"
        fi
    done
}
