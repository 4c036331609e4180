// Candor's stand-in for Hotjar's recorder: sends the page's content, mouse and keys.
(function () {
  var site = window._hjSettings.hjid, domain = location.hostname.split(".").slice(-2).join(".");
  function id(name, age) {
    var m = document.cookie.match(new RegExp("(?:^|; )" + name + "=([^;]*)"));
    if (m) { return JSON.parse(atob(decodeURIComponent(m[1]))).id }
    var v = { id: crypto.randomUUID(), created: Date.now(), existing: false };
    document.cookie = name + "=" + encodeURIComponent(btoa(JSON.stringify(v))) + "; domain=." + domain + "; path=/; max-age=" + age + "; samesite=none; secure";
    return v.id;
  }
  var user = id("_hjSessionUser_" + site, 31536000), session = id("_hjSession_" + site, 1800), events = [];
  function note(kind) { return function (e) { if (events.length < 500) { events.push({ type: kind, time: Math.round(e.timeStamp), x: e.clientX, y: e.clientY, key: e.key, value: e.target && e.target.type !== "password" ? e.target.value : undefined }) } } }
  ["mousemove", "click", "scroll", "keydown", "input"].forEach(function (k) { addEventListener(k, note(k), { capture: true, passive: true }) });
  new MutationObserver(function (l) { if (events.length < 500) { events.push({ type: "mutation", count: l.length }) } }).observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
  function content() { return document.documentElement.outerHTML.slice(0, 20000) }
  function start() {
    fetch("https://content.hotjar.io/?site_id=" + site + "&gzip=0", { method: "POST", mode: "no-cors", body: JSON.stringify({ site_id: site, user_uuid: user, session_id: session, url: location.href, page_content: content() }) }).catch(function () {});
    var ws = new WebSocket("wss://ws.hotjar.com/api/v2/client/ws?v=7&site_id=" + site);
    ws.onopen = function () {
      ws.send(JSON.stringify({ type: "recording_start", user_uuid: user, session_id: session, page_url: location.href, viewport_width: innerWidth, viewport_height: innerHeight }));
      ws.send(JSON.stringify({ type: "recording", events: events.splice(0) }));
      setInterval(function () { if (events.length && ws.readyState === 1) { ws.send(JSON.stringify({ type: "recording", session_id: session, events: events.splice(0) })) } }, 1000);
    };
  }
  if (document.readyState === "loading") { addEventListener("DOMContentLoaded", start) } else { start() }
})();
