// Candor's stand-in for Hotjar's loader: our own code.
(function () {
  var s = document.createElement("script"); s.async = true; s.src = "https://script.hotjar.com/modules.5f2b8.js"; document.head.appendChild(s);
})();
