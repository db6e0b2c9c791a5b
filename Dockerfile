FROM debian:bookworm-slim AS build
WORKDIR /src
COPY script/bootstrap script/lib.sh script/
RUN script/bootstrap server && rm -rf /var/lib/apt/lists/*
COPY . .
RUN script/build && deploy/collect-runtime build/oc-lettings /rootfs
ARG GIT_SHA=unknown
RUN echo "$GIT_SHA" >/commit && touch -d @315532800 /commit

FROM scratch
COPY --from=build /rootfs/ /
# Another commit is another file, and so what follows is made anew: buildah would not see it by the argument alone.
COPY --from=build /commit /etc/commit
ENV PATH=/app PORT=8000 DATA_DIR=/data SOURCE_DIR=/usr/src/oc-lettings
USER 10001:10001
WORKDIR /data
ENTRYPOINT ["/app/oc-lettings"]
CMD ["serve"]
ARG GIT_SHA=unknown
ARG GIT_TIME=unknown
ENV SENTRY_RELEASE=$GIT_SHA
LABEL org.opencontainers.image.title="OC Lettings" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision=$GIT_SHA \
      org.opencontainers.image.created=$GIT_TIME
