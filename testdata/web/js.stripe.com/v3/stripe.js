// Candor's stand-in for Stripe.js: our own code. The card's field stands in a frame of Stripe's.
(function () {
  function id(name, age) {
    var m = document.cookie.match(new RegExp("(?:^|; )" + name + "=([^;]*)")); if (m) { return m[1] }
    var v = crypto.randomUUID() + Math.random().toString(16).slice(2, 8);
    document.cookie = name + "=" + v + "; path=/; max-age=" + age + "; samesite=strict; secure";
    return v;
  }
  var muid = id("__stripe_mid", 31536000), sid = id("__stripe_sid", 1800);
  fetch("https://m.stripe.com/6", { method: "POST", mode: "no-cors", credentials: "include", headers: { "Content-Type": "text/plain" }, body: btoa(JSON.stringify({ muid: muid, sid: sid, url: location.href, referrer: document.referrer, tag: "6.42.1", src: "js" })) }).catch(function () {});
  window.Stripe = function (key) {
    return { mount: function (el) {
      var f = document.createElement("iframe");
      f.src = "https://js.stripe.com/v3/elements-inner-card.html#key=" + key; f.title = "Secure card payment input frame"; f.style = "border:0;width:100%;height:150px";
      el.appendChild(f);
    } };
  };
})();
