// The editor's web workers, loaded from files beside this one (their hashed names come from the build).
/* global WORKER_FILES */
globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const name = label === "graphql" || label === "json" ? label : "editor";
    return new Worker(new URL(WORKER_FILES[name], import.meta.url), { name: `${name} language worker` });
  },
};
