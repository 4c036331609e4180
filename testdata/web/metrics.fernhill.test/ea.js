// Candor's stand-in for Eulerian's tag under a name of the site's own: our own code.
(function () { new Image().src = "https://metrics.fernhill.test/col/fernhill?url=" + encodeURIComponent(location.href) + "&ereplay-time=" + Date.now() })();
