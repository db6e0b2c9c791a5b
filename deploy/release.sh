# shellcheck shell=bash
# Sourced by the scripts that pack, push and deploy, after script/lib.sh.
# shellcheck source=deploy/host/registry.sh
. deploy/host/registry.sh

# stop CAUSE REMEDY: the one line that a failed step ends in.
stop() {
    echo "FAILED ${0##*/}: $1: $2" >&2
    exit 1
}

# need NAME WHERE: the variable must be set.
need() { [[ -n ${!1:-} ]] || stop "$1 is not set" "$2 (docs/deploy.md)"; }

commit() {
    [[ -z ${CIRCLE_SHA1:-} ]] || { echo "$CIRCLE_SHA1" && return; }
    git rev-parse --verify -q HEAD 2>/dev/null || stop "there is no commit here" "call it in a git checkout that has one, or name one: CIRCLE_SHA1"
}

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

# A folder, $logins, for what the engine's client would keep in the home folder; it goes with the script. Which engine Docker's
# client asks stands beside its logins there.
own_logins() {
    local home=${DOCKER_CONFIG:-$HOME/.docker}
    logins=$(mktemp -d)
    trap 'rm -rf "$logins"' EXIT
    if [[ $engine == podman ]]; then
        export REGISTRY_AUTH_FILE=$logins/auth.json
        echo '{}' >"$REGISTRY_AUTH_FILE"
        return
    fi
    # Podman under Docker's name has no contexts.
    DOCKER_CONTEXT=$(docker context inspect --format '{{.Name}}' 2>/dev/null) || DOCKER_CONTEXT=default
    [[ ! -d $home/contexts ]] || cp -r "$home/contexts" "$logins/"
    export DOCKER_CONTEXT DOCKER_CONFIG=$logins
}

# To the image's registry, among own_logins.
log_in() {
    local server plain=()
    server=$(image_registry)
    [[ $engine != podman ]] || ! is_loopback "$server" || plain=(--tls-verify=false)
    [[ $server != docker.io || $engine != docker ]] || server=
    $engine login "${plain[@]}" -u "$Docker_username" --password-stdin ${server:+"$server"} <<<"$Docker_password"
}

# pull_from_hub NAME: with a login, where there is one for Docker Hub, which lets nobody in particular pull little.
pull_from_hub() (
    if [[ -n ${Docker_username:-} && -n ${Docker_password:-} && $(image_registry) == docker.io ]]; then
        own_logins
        log_in || true
    fi
    timeout 300 "$engine" pull -q "$1"
)

# explain_pull FILE NAME: of what pull_from_hub said.
explain_pull() {
    local reason remedy
    registry_cause "$(<"$1")" "Docker Hub" read || reason=$(tail -n 1 "$1") remedy="see the lines above"
    [[ $reason == *disk* ]] || remedy+="; or, as root, script/bootstrap pipeline lets it be made of Debian's packages"
    stop "the base image $2 cannot be had: $reason" "$remedy"
}

# explain FILE WHAT: names the cause of what a registry's client wrote into FILE.
explain() {
    local reason remedy
    registry_cause "$(<"$1")" "$(image_registry)" write || reason=$(tail -n 1 "$1") remedy="see the lines above"
    stop "$2: $reason" "$remedy"
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
