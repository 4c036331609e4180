// Candor's stand-in for Pinterest's widget: our own code.
(function () { new Image().src = "https://log.pinterest.com/?type=pidget&guid=" + Math.random().toString(36).slice(2, 14) + "&tv=2026010501&event=init&via=" + encodeURIComponent(location.href) })();
