# One image for the services, setup and seed; the command says which: <service>/dist/main.js
# The base by its tag, so that each build takes the security fixes of Debian and Node.js; whoever must build the same image twice names
# its digest: --build-arg NODE_IMAGE=node:24-trixie-slim@sha256:...
ARG NODE_IMAGE=node:24-trixie-slim

FROM ${NODE_IMAGE} AS manifests
ENV NPM_CONFIG_AUDIT=false NPM_CONFIG_FUND=false NPM_CONFIG_UPDATE_NOTIFIER=false
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY shared/package.json shared/
COPY simulated-providers/package.json simulated-providers/
COPY order-service/package.json order-service/
COPY inventory-service/package.json inventory-service/
COPY payment-service/package.json payment-service/
COPY shipping-service/package.json shipping-service/
COPY notification-service/package.json notification-service/
COPY operations-service/package.json operations-service/
COPY system/package.json system/
COPY console/package.json console/
COPY tools/package.json tools/

FROM manifests AS build
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . .
RUN npx --no-install tsc -b && node console/build.mjs
RUN for package in shared simulated-providers *-service system console tools; do mkdir -p "/out/$package" && cp -r "$package/dist" "/out/$package/"; done \
  && find /out \( -name '*.d.ts' -o -name '*.map' -o -name '.tsbuildinfo' \) -delete

# Without the packages of `tools`, a database server among them: setup and seed need none.
FROM manifests AS production
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev $(printf ' --workspace=%s' shared simulated-providers *-service system)

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=production /app ./
COPY --from=build /out ./
# A volume that is mounted here belongs to the user of the services.
RUN for service in *-service; do install --directory --owner=node --mode=700 "/var/lib/quickstep-accounts/$service"; done \
  && install --directory --owner=node --mode=700 /var/lib/quickstep /var/lib/quickstep-account /var/lib/quickstep-accounts
USER node
# As the launcher does (tools/src/services.ts says why).
ENTRYPOINT ["node", "--min-semi-space-size=64", "--max-semi-space-size=64"]
