# shellcheck shell=bash
# Sourced by the scripts that pack, push and deploy, after script/lib.sh.

# stop CAUSE REMEDY: the one line that a failed step ends in.
stop() {
    echo "FAILED ${0##*/}: $1: $2" >&2
    exit 1
}

# need NAME WHERE: the variable must be set.
need() { [[ -n ${!1:-} ]] || stop "$1 is not set" "$2 (docs/deploy.md)"; }

commit() { echo "${CIRCLE_SHA1:-$(git rev-parse HEAD)}"; }

# The image's name with its registry, of Docker_tag_image, which may have a tag that is left off.
image_name() {
    local name=${Docker_tag_image:-localhost/oc-lettings} first
    [[ ${name##*/} != *:* ]] || name=${name%:*}
    first=${name%%/*}
    [[ $name == */* && ($first == *[.:]* || $first == localhost) ]] || name=docker.io/$name
    echo "$name"
}
image_registry() {
    local name
    name=$(image_name)
    echo "${name%%/*}"
}

# A registry on loopback speaks plain HTTP.
is_loopback() { [[ $1 =~ ^(localhost|127\.[0-9.]+)(:|/|$) ]]; }

# The client alone answers `docker --version`, without an engine.
find_engine() {
    engine=docker
    ! docker info >/dev/null 2>&1 || return 0
    engine=podman
    type -P podman >/dev/null || stop "there is neither a Docker engine nor podman" \
        "start Docker, or install podman: script/bootstrap pipeline"
    export BUILDAH_FORMAT=docker
}

# explain FILE WHAT: names the cause of what a registry's client wrote into FILE.
explain() {
    local said registry
    registry=$(image_registry)
    said=$(<"$1")
    case $said in
    *nauthorized* | *'authentication required'* | *'invalid username/password'* | *denied* | *'incorrect username or password'*)
        stop "$2: $registry refuses the login or the right to write" \
            "check Docker_username and Docker_password, and that they may write ${Docker_tag_image:-the image}" ;;
    *'no space left'* | *'disk quota'*)
        stop "$2: the disk is full" "make room, for example by '${engine:-podman} image prune'" ;;
    *'connection refused'* | *'no such host'* | *timeout* | *'network is unreachable'* | *'EOF'*)
        stop "$2: $registry does not answer" "look whether it is up and can be reached from here, and run this again" ;;
    *) stop "$2: $(tail -n 1 "$1")" "see the lines above" ;;
    esac
}

# run_or_explain WHAT COMMAND...: its output is shown only when it fails.
run_or_explain() {
    local what=$1 log
    shift
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        explain "$log" "$what"
    fi
    cat "$log" >>"${RELEASE_LOG:-/dev/null}"
    rm -f "$log"
}

# Skopeo's file of logins, for the image's registry.
registry_login() {
    local server
    server=$(image_registry)
    if [[ -z ${Docker_username:-} ]]; then
        echo '{}'
        return
    fi
    jq -n --arg server "$server" --arg login "$(printf '%s:%s' "$Docker_username" "${Docker_password:-}" | base64 -w 0)" \
        '{auths: {($server): {auth: $login}}}'
}

# pushed_digest NAME TAG: of the image as the registry has it.
pushed_digest() {
    local plain=() log
    ! is_loopback "$1" || plain=(--tls-verify=false)
    log=$(mktemp)
    if skopeo inspect --no-tags --authfile <(registry_login) "${plain[@]}" --format '{{.Digest}}' "docker://$1:$2" 2>"$log"; then
        rm -f "$log"
        return
    fi
    cat "$log" >&2
    ! grep -q 'manifest unknown' "$log" || stop "$(image_registry) has no image ${1#*/}:$2" "run script/image and script/push for this commit first"
    explain "$log" "image $1:$2"
}
