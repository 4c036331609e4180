// Formglow's form analytics: which fields are left, and by whom. It does not wait
// for "Send".
(function () {
  "use strict";
  function hex(buffer) {
    return Array.from(new Uint8Array(buffer), function (b) { return b.toString(16).padStart(2, "0") }).join("");
  }
  document.addEventListener("focusout", function (e) {
    var field = e.target;
    if (field.type !== "email" || !/^\S+@\S+\.\S+$/.test(field.value)) { return }
    crypto.subtle.digest("SHA-256", new TextEncoder().encode(field.value.trim().toLowerCase())).then(function (sum) {
      fetch("https://in.formglow.test/f", {
        method: "POST", mode: "no-cors", keepalive: true,
        body: JSON.stringify({ event: "field_left", field: field.name, visitor: { em: hex(sum) } })
      });
    });
  }, true);
})();
