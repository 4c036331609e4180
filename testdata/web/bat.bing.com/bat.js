// Candor's stand-in for Microsoft's UET: our own code, requests of the same shape.
(function () {
  var site = location.hostname.split(".").slice(-2).join(".");
  function id(name, age) {
    var m = document.cookie.match(new RegExp("(?:^|; )" + name + "=([^;]*)")); if (m) { return m[1] }
    var v = crypto.randomUUID().replace(/-/g, "");
    document.cookie = name + "=" + v + "; domain=." + site + "; path=/; max-age=" + age + "; samesite=lax";
    return v;
  }
  function start() {
    var q = new URLSearchParams({ ti: "187053914", Ver: "2", mid: crypto.randomUUID(), bo: "1", sid: id("_uetsid", 86400), vid: id("_uetvid", 33696000), vids: "1", msclkid: "N", pi: "918639831", lg: navigator.language, sw: screen.width, sh: screen.height, sc: screen.colorDepth, tl: document.title, p: location.href, r: document.referrer, lt: Math.round(performance.now()), evt: "pageLoad", sv: "1", rn: Math.floor(Math.random() * 1e6) });
    new Image().src = "https://bat.bing.com/action/0?" + q;
  }
  if (document.readyState === "complete") { start() } else { addEventListener("load", start) }
})();
