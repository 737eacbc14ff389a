// Makes the list of operations a page to try them on. Where anything fails the list stays.
"use strict";

(async () => {
  const response = await fetch("openapi.json");
  if (!response.ok) {
    return;
  }
  const spec = await response.json();
  // They follow from the others, on every path.
  for (const item of Object.values(spec.paths)) {
    delete item.head;
    delete item.options;
  }
  SwaggerUIBundle({
    spec,
    dom_id: "#swagger-ui",
    deepLinking: true,
    displayRequestDuration: true,
    docExpansion: "list",
    tryItOutEnabled: true,
    // Nothing is sent to anybody else.
    validatorUrl: null,
    onComplete() {
      document.getElementById("operations").hidden = true;
    },
  });
})();
