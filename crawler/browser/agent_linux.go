package browser

// agentPlatform is what Chromium on Linux says, frozen by its user agent reduction.
const agentPlatform = "X11; Linux x86_64"
