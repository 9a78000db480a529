import babel from "@rolldown/plugin-babel";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Pages and gateway are of one origin to the browser, so that it needs no CORS.
const gateway = process.env.GATEWAY_URL ?? "http://127.0.0.1:8000";
const proxy = { "/graphql": { target: gateway, ws: true }, "/files": gateway };

export default defineConfig({
  plugins: [react(), babel({ plugins: ["relay"] })],
  server: { host: "127.0.0.1", proxy },
  preview: { host: "127.0.0.1", proxy },
});
