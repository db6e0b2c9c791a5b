# shellcheck shell=bash disable=SC2154
# Sourced by script/deploy: a Linux machine with podman, over ssh or this one.

# Where a key lies, or which port, for who cannot write it into ssh's own configuration.
read -ra ssh_flags <<<"-o BatchMode=yes ${SSH_FLAGS:-}"

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
    ssh "${ssh_flags[@]}" "$server" "$(printf '%q ' env ${SITE_PORT:+"SITE_PORT=$SITE_PORT"} "$folder/deploy/host/agent" "$folder" "$@")"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT

site_hosts() {
    [[ $target == local ]] && echo localhost,127.0.0.1 && return
    echo "${server#*@},localhost,127.0.0.1"
}

deploy_release() {
    local name digest settings
    need Docker_tag_image "it names the image to release, as acme/oc-lettings"
    name=$(image_name)
    digest=$(pushed_digest "$name" "$(commit)")
    settings="ALLOWED_HOSTS=${ALLOWED_HOSTS:-$(site_hosts)}
TRUSTED_PROXIES=127.0.0.1
SECURE_SSL_REDIRECT=${SECURE_SSL_REDIRECT:-0}
SENTRY_DSN=${SENTRY_DSN:-}"
    printf '%s\n' "${Docker_username:-}" "${Docker_password:-}" "$settings" |
        agent release "$name@$digest" "$(commit)"
    tell_sentry "$name@$digest"
}
deploy_rollback() { agent rollback </dev/null; }
deploy_status() { agent status </dev/null; }
deploy_logs() { agent logs </dev/null; }
deploy_stop() { agent stop </dev/null; }
