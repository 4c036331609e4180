// Says whether an address looks right, and keeps it until the page is closed. It
// stays in the visitor's browser.
document.querySelectorAll("input[type=email]").forEach(function (field) {
  field.addEventListener("blur", function () {
    var right = /^\S+@\S+\.\S+$/.test(field.value);
    field.setCustomValidity(right || !field.value ? "" : "Please check this address");
    sessionStorage.setItem("fh_draft", JSON.stringify({ email: field.value, right: right }));
  });
});
