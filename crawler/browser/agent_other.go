//go:build !linux

package browser

// agentPlatform is what Chromium on macOS says, frozen by its user agent reduction.
const agentPlatform = "Macintosh; Intel Mac OS X 10_15_7"
