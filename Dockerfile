# sparkone with the server and client programs of the PostgreSQL that the stack runs: it dumps with the same version and proves backups in it.
# Needs no Docker socket (README.md in ops/ says when one may be given). Build from the root of the repository: docker build .
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /source
COPY package.json package-lock.json .npmrc ./
COPY ops/api/package.json ops/api/
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM pgvector/pgvector:0.8.2-pg17
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /source/package.json /source/oclif.manifest.json /opt/sparkone/
COPY --from=build /source/bin /opt/sparkone/bin
COPY --from=build /source/dist /opt/sparkone/dist
COPY --from=build /source/runbooks /opt/sparkone/runbooks
# The folders give empty volumes their owner.
RUN ln -s /opt/sparkone/bin/run.js /usr/local/bin/sparkone \
  && install -d -o postgres -g postgres -m 700 /var/lib/sparkone/backups /var/lib/sparkone/state /var/lib/sparkone/scratch \
  && install -d -o postgres -g postgres -m 755 /var/lib/sparkone/textfile
ENV NODE_ENV=production SPARKONE_STATE_DIR=/var/lib/sparkone/state TMPDIR=/var/lib/sparkone/scratch
USER 999:999
STOPSIGNAL SIGTERM
ENTRYPOINT []
CMD ["sparkone", "--help"]
