// @ts-check
// The API's description at /docs, drawn by a kept library.
// @ts-expect-error the library brings no types
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import { accessible } from "./accessible.js";
import { nameAll } from "./naming.js";

const place = document.getElementById("reference");
if (place) {
  nameAll(place);
  SwaggerUI({
    url: place.dataset.document,
    domNode: place,
    deepLinking: true,
    docExpansion: "none",
    defaultModelsExpandDepth: -1,
    displayRequestDuration: true,
    filter: true,
    persistAuthorization: false,
    validatorUrl: null,
    plugins: [accessible],
    syntaxHighlight: { theme: "tomorrow-night" },
    onComplete: () => document.getElementById("servers")?.setAttribute("aria-label", "Server"),
  });
}
