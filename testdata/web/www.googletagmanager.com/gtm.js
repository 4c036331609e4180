// Candor's stand-in for a tag container. Its one tag waits for three seconds.
(function () {
  setTimeout(function () {
    var s = document.createElement("script"); s.async = true; s.src = "https://px.adharbor.test/late.js"; document.head.appendChild(s);
  }, 3000);
})();
