# What is installed is a file of its own, so that it is installed anew when the list changes, not whenever the script does.
FROM debian:bookworm-slim AS packages
# In each stage: by it script/image knows the images of earlier builds' steps, which it removes.
LABEL org.opencontainers.image.title="OC Lettings"
COPY script/bootstrap script/lib.sh script/
RUN script/bootstrap --list image >/packages && touch -d @315532800 /packages

FROM debian:bookworm-slim AS build
LABEL org.opencontainers.image.title="OC Lettings"
WORKDIR /src
COPY --from=packages /packages /packages
RUN xargs dpkg-query -s </packages >/dev/null 2>&1 || { \
      apt-get update && DEBIAN_FRONTEND=noninteractive xargs apt-get install -y --no-install-recommends </packages && rm -rf /var/lib/apt/lists/*; }
COPY . .
RUN --mount=type=cache,target=/var/cache/ccache \
    export CCACHE_DIR="${CCACHE_DIR:-/var/cache/ccache}" && script/build && deploy/collect-runtime build/oc-lettings /rootfs && rm -rf build
ARG GIT_SHA=unknown
RUN mkdir -p /about/etc && echo "$GIT_SHA" >/about/etc/commit && touch -d @315532800 /about/etc/commit /about/etc /about

FROM scratch
LABEL org.opencontainers.image.title="OC Lettings"
# What the next release most likely has too is a layer of its own, which is not packed, pushed and pulled again.
COPY --from=build /rootfs/system/ /
COPY --from=build /rootfs/site/ /
# Another commit is another file, and so what follows is made anew: buildah would not see it by the argument alone. As a folder,
# whose time is given too: Docker would make it with the time of day.
COPY --from=build /about/ /
ENV PATH=/app PORT=8000 DATA_DIR=/data SOURCE_DIR=/usr/src/oc-lettings
USER 10001:10001
WORKDIR /data
ENTRYPOINT ["/app/oc-lettings"]
CMD ["serve"]
ARG GIT_SHA=unknown
ARG GIT_TIME=unknown
ENV SENTRY_RELEASE=$GIT_SHA
LABEL org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision=$GIT_SHA \
      org.opencontainers.image.created=$GIT_TIME
