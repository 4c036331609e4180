// Fernhill's own script: cookie banner, visitor profile, cart.
(function () {
  "use strict";
  var page = document.body.dataset.page || "", topic = document.body.dataset.topic || "";

  // What a visitor looks at becomes a segment and a score. No name, no address:
  // a label all the same.
  function profile() {
    var p;
    try { p = JSON.parse(localStorage.getItem("fh_profile")) || {} } catch (e) { p = {} }
    p.seen = p.seen || {};
    if (topic) { p.seen[topic] = (p.seen[topic] || 0) + 1 }
    p.visitor_segment = p.seen.kids ? "young-family" : p.seen.fitness ? "health-motivated" : "weekend-walker";
    p.lead_score = Math.min(0.95, 0.2 + 0.1 * Object.keys(p.seen).length).toFixed(2);
    try { localStorage.setItem("fh_profile", JSON.stringify(p)) } catch (e) { /* storage is off */ }
    return p;
  }

  window.dataLayer = window.dataLayer || [];
  window.gtag = window.gtag || function () { dataLayer.push(arguments) };
  var p = window.fernhillProfile = profile();
  dataLayer.push({ event: "visitor_ready", page_type: page, visitor_segment: p.visitor_segment, lead_score: p.lead_score });
  gtag("set", "user_properties", { visitor_segment: p.visitor_segment });

  // The banner only draws itself: the tags are in the pages' heads already.
  function ask() {
    if (document.querySelector(".banner")) { return }
    var b = document.createElement("div");
    b.className = "banner";
    b.setAttribute("role", "dialog");
    b.setAttribute("aria-label", "Cookies");
    b.innerHTML = "<p><strong>A word on cookies.</strong> We set analytics and advertising cookies only if you agree. You can change your mind at any time. <a href=\"https://www.fernhill.test/cookies\">Cookie policy</a></p>" +
      "<div><button type=\"button\" data-choice=\"all\">Accept all</button><button type=\"button\" class=\"quiet\" data-choice=\"necessary\">Only necessary</button></div>";
    b.addEventListener("click", function (e) {
      var choice = e.target.dataset && e.target.dataset.choice;
      if (!choice) { return }
      document.cookie = "fh_consent=" + choice + "; domain=.fernhill.test; path=/; max-age=15552000; samesite=lax";
      b.remove();
    });
    document.body.appendChild(b);
  }
  if (!/(^|; )fh_consent=/.test(document.cookie)) { ask() }
  var again = document.querySelector("[data-cookies]");
  if (again) { again.addEventListener("click", ask) }

  var add = document.querySelector("[data-add]");
  if (add) {
    add.addEventListener("click", function () {
      var basket = JSON.parse(sessionStorage.getItem("fh_basket") || "[]");
      basket.push(add.dataset.add);
      sessionStorage.setItem("fh_basket", JSON.stringify(basket));
      add.textContent = "In your basket";
    });
  }
})();
