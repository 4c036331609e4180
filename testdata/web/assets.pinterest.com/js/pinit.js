// Candor's stand-in for Pinterest's widget: our own code.
(function () { new Image().src = "https://log.pinterest.com/?type=pidget&guid=" + crypto.randomUUID().replace(/-/g, "").slice(0, 12) + "&tv=2026010501&event=init&via=" + encodeURIComponent(location.href) })();
