# One image for labd, the bastion and the CLI; the command says which.
FROM node:20-slim AS build
WORKDIR /lab
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:20-slim
ENV NODE_ENV=production
WORKDIR /lab
COPY --from=build /lab/package.json /lab/LICENSE ./
COPY --from=build /lab/node_modules node_modules
COPY --from=build /lab/dist dist
# The only place that is written to, where there is a volume for it.
RUN mkdir /data && chown node:node /data
USER node
ENV LABD_DATA=/data/labd BASTION_DIR=/data/bastion
CMD ["dist/labd.js"]
