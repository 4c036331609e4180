package rules

// index answers look-ups of hosts, paths and cookie names without a scan over patterns.
type index struct{}
