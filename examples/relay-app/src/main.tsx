import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RelayEnvironmentProvider } from "react-relay";
import { App } from "./App";
import { environment } from "./environment";
import { RoutingProvider } from "./routing";
import "./styles.css";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <RelayEnvironmentProvider environment={environment}>
      <RoutingProvider>
        <App />
      </RoutingProvider>
    </RelayEnvironmentProvider>
  </StrictMode>,
);
