# shellcheck shell=bash disable=SC2034
# Sourced by deploy/release.sh and deploy/host/agent.

# registry_cause SAID REGISTRY RIGHT: $reason and $remedy, of what a registry's client said; false where it is nothing known.
registry_cause() {
    case $1 in
    *toomanyrequests* | *'Too Many Requests'*)
        reason="$2 takes no more requests for now"
        remedy="wait some hours or log in, since it counts those of this machine's address where nobody has; then run this again" ;;
    *nauthorized* | *'authentication required'* | *'invalid username'* | *denied* | *'incorrect username or password'*)
        reason="$2 refuses the login or the right to $3"
        remedy="check Docker_username and Docker_password, and that they may $3 ${Docker_tag_image:-the image}" ;;
    *'no space left'* | *'disk quota'*)
        reason="the disk of this machine is full" remedy="make room, for example by '${engine:-podman} image prune'" ;;
    *x509:*)
        reason="$2 has a certificate that is not trusted here"
        remedy="see the lines above: is the clock right, are ca-certificates installed, is there a proxy between?" ;;
    *'connection refused'* | *'no such host'* | *'server misbehaving'* | *timeout* | *'deadline exceeded'* | *'is unreachable'* | \
        *'no route to host'* | *'connection reset'* | *'EOF'*)
        reason="$2 does not answer" remedy="look whether it is up and can be reached from here, by its name too, and run this again" ;;
    *'HTTP status: 5'* | *'Internal Server Error'*)
        reason="$2 has a fault of its own" remedy="look at its log and whether its disk is full, and run this again" ;;
    *) return 1 ;;
    esac
}
