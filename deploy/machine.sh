# shellcheck shell=bash disable=SC2154
# Sourced by script/deploy: a Linux machine with podman, over ssh or this one.

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
log=$scratch/log

# Where a key lies, or which port, for who cannot write it into ssh's own configuration; CircleCI gives variables alone.
read -ra ssh_flags <<<"-o BatchMode=yes ${SSH_FLAGS:-}"
if [[ -n ${DEPLOY_SSH_KEY:-} ]]; then
    (umask 077 && base64 -d <<<"$DEPLOY_SSH_KEY" >"$scratch/key" 2>/dev/null) ||
        stop "DEPLOY_SSH_KEY is no base64" "set it to what 'base64 -w 0' prints of the private key"
    ssh_flags+=(-i "$scratch/key" -o IdentitiesOnly=yes)
fi
if [[ -n ${DEPLOY_KNOWN_HOSTS:-} ]]; then
    printf '%s\n' "$DEPLOY_KNOWN_HOSTS" >"$scratch/known_hosts"
    ssh_flags+=(-o "UserKnownHostsFile=$scratch/known_hosts")
fi

# Everything the agent needs goes along with each call, so that it is never another version's.
agent() {
    local folder=${SITE_FOLDER:-}
    if [[ $target == local ]]; then
        # Nobody else's to see, on a port that needs no right.
        export DEFAULT_PORT=127.0.0.1:8080
        deploy/host/agent "${folder:-${PIPELINE_HOME:-$(git rev-parse --absolute-git-dir)/pipeline}/site}" "$@"
        return
    fi
    folder=${folder:-oc-lettings}
    # shellcheck disable=SC2029
    tar -c deploy/smoke deploy/host | ssh "${ssh_flags[@]}" "$server" "mkdir -p '$folder' && tar -x -C '$folder'" 2>"$log" || {
        cat "$log" >&2
        stop "$server cannot be reached by ssh" "look whether 'ssh $server' works without a password, and podman is installed there"
    }
    # shellcheck disable=SC2029
    ssh "${ssh_flags[@]}" "$server" "$(printf '%q ' env ${SITE_PORT:+"SITE_PORT=$SITE_PORT"} ${SITE_TLS_PORT:+"SITE_TLS_PORT=$SITE_TLS_PORT"} "$folder/deploy/host/agent" "$folder" "$@")"
}

site_hosts() {
    [[ $target == local ]] && echo localhost,127.0.0.1 && return
    echo "${server#*@},localhost,127.0.0.1"
}

# KEY?=VALUE for where neither has one, KEY=VALUE as it is set here.
site_settings() {
    local key
    printf '%s\n' "ALLOWED_HOSTS?=$(site_hosts)" TRUSTED_PROXIES?=127.0.0.1 SECURE_SSL_REDIRECT?=0
    for key in SECRET_KEY ALLOWED_HOSTS SECURE_SSL_REDIRECT SENTRY_DSN SENTRY_ENVIRONMENT; do
        [[ ${!key:-} != *$'\n'* ]] || stop "$key has a line break" "set it again, without one"
        [[ -z ${!key:-} ]] || echo "$key=${!key}"
    done
}

deploy_release() {
    local name digest settings
    need Docker_tag_image "it names the image to release, as acme/oc-lettings"
    settings=$(site_settings)
    name=$(image_name)
    digest=$(pushed_digest "$name" "$(commit)")
    # A signal is the agent's too, which ends when it has led visitors back.
    trap : TERM INT HUP
    agent release "$name@$digest" "$(commit)" < <(printf '%s\n' "${Docker_username:-}" "${Docker_password:-}" "$settings")
    trap - TERM INT HUP
    tell_sentry "$name@$digest"
}
deploy_rollback() { agent rollback </dev/null; }
deploy_status() { agent status </dev/null; }
deploy_logs() { agent logs </dev/null; }
deploy_stop() { agent stop </dev/null; }
