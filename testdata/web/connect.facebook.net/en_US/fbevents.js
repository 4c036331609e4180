// Candor's stand-in for the Meta Pixel: our own code, requests of the same shape.
(function () {
  var f = window.fbq, pixel, site = location.hostname.split(".").slice(-2).join(".");
  var m = document.cookie.match(/(?:^|; )_fbp=([^;]*)/), fbp = m && m[1];
  if (!fbp) {
    fbp = "fb.1." + Date.now() + "." + Math.floor(Math.random() * 1e18);
    document.cookie = "_fbp=" + fbp + "; domain=." + site + "; path=/; max-age=7776000; samesite=lax";
  }
  var person = Promise.resolve({});
  // Advanced matching: what the page tells of a person leaves as a hash.
  function hashed(who) {
    return Promise.all(Object.keys(who).map(function (k) {
      return crypto.subtle.digest("SHA-256", new TextEncoder().encode(String(who[k]).trim().toLowerCase())).then(function (d) {
        return [k, Array.from(new Uint8Array(d), function (x) { return x.toString(16).padStart(2, "0") }).join("")];
      });
    })).then(Object.fromEntries);
  }
  f.callMethod = function (what, name, data) {
    if (what === "init") { pixel = name; if (data) { person = hashed(data) } return }
    var q = new URLSearchParams({ id: pixel, ev: name, dl: location.href, rl: document.referrer, if: "false", ts: Date.now(), sw: screen.width, sh: screen.height, v: "2.9.180", r: "stable", ec: "0", o: "4126", fbp: fbp, it: Date.now(), coo: "false", rqm: "GET" });
    for (var k in data || {}) { q.set("cd[" + k + "]", typeof data[k] === "object" ? JSON.stringify(data[k]) : data[k]) }
    person.then(function (who) {
      for (var k in who) { q.set("ud[" + k + "]", who[k]) }
      new Image().src = "https://www.facebook.com/tr/?" + q;
    });
  };
  f.queue.forEach(function (c) { f.callMethod.apply(f, c) });
})();
