package frontier

import (
	"bufio"
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Bounds of robots.txt. RFC 9309, 2.5: parse at least 500 KiB.
const (
	maxRobots      = 512 << 10
	maxRobotRules  = 5000
	maxCrawlDelay  = 10 * time.Second
	robotsProduct  = "candor" // product token, RFC 9309, 2.2.1
	maxRobotsLinks = 50       // Sitemap lines
)

// robotsRules are the rules of a robots.txt that bind Candor: those of the
// groups that name it or, when none does, of the groups for everybody.
//
// The matching is our own because it must follow RFC 9309 to the letter:
// temoto/robotstxt drops the whole file at one bad line, finds groups by any
// common prefix, does not anchor patterns with wildcards at the start of the
// path, and lets the first of two equally long rules win, not the allowing one.
type robotsRules struct {
	rules    []robotsRule
	delay    time.Duration
	sitemaps []string
}

type robotsRule struct {
	allow   bool
	pattern string // escapes made canonical
}

// parseRobots reads a robots.txt. It takes any bytes; what is not understood
// is left out line by line, as the RFC asks.
func parseRobots(body []byte) robotsRules {
	body = bytes.TrimPrefix(body[:min(len(body), maxRobots)], []byte("\xef\xbb\xbf"))
	var (
		own, all       robotsRules
		sitemaps       []string
		ownSeen        bool
		forOwn, forAll bool // whom the current group binds
		inAgents       bool // the last line of the group was a User-agent line
	)
	sc := bufio.NewScanner(bytes.NewReader(body))
	sc.Buffer(make([]byte, 0, 4<<10), maxRobots+1)
	sc.Split(scanAnyLines)
	for sc.Scan() {
		line, _, _ := strings.Cut(sc.Text(), "#")
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch name {
		case "user-agent", "useragent":
			if !inAgents {
				forOwn, forAll = false, false
			}
			inAgents = true
			switch token := productToken(value); {
			case token == robotsProduct:
				forOwn, ownSeen = true, true
			case value == "*" || strings.HasPrefix(value, "* "):
				forAll = true
			}
		case "allow", "disallow":
			inAgents = false
			if value == "" {
				continue // "Disallow:" forbids nothing
			}
			rule := robotsRule{allow: name == "allow", pattern: robotsPattern(value)}
			own.add(rule, forOwn)
			all.add(rule, forAll)
		case "crawl-delay", "crawldelay":
			inAgents = false
			seconds, err := strconv.ParseFloat(value, 64)
			if err != nil || !(seconds > 0) {
				continue
			}
			delay := time.Duration(min(seconds, maxCrawlDelay.Seconds()) * float64(time.Second))
			if forOwn {
				own.delay = delay
			}
			if forAll {
				all.delay = delay
			}
		case "sitemap": // belongs to no group and ends none
			if len(sitemaps) < maxRobotsLinks && value != "" {
				sitemaps = append(sitemaps, value)
			}
		}
	}
	out := all
	if ownSeen {
		out = own
	}
	out.sitemaps = sitemaps
	return out
}

func (r *robotsRules) add(rule robotsRule, binds bool) {
	if binds && len(r.rules) < maxRobotRules {
		r.rules = append(r.rules, rule)
	}
}

// scanAnyLines splits at CR, LF and CRLF.
func scanAnyLines(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexAny(data, "\r\n"); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// productToken is the leading letters, "_" and "-" of a User-agent value.
func productToken(value string) string {
	i := strings.IndexFunc(value, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == '-')
	})
	if i >= 0 {
		value = value[:i]
	}
	return strings.ToLower(value)
}

func robotsPattern(value string) string {
	if value[0] != '/' && value[0] != '*' {
		value = "/" + value
	}
	return escapeLikeURL(value)
}

// escapeLikeURL brings a pattern into the form of an address's escaped path:
// what RFC 9309, 2.2.2 compares are octets after percent-encoding.
func escapeLikeURL(s string) string {
	const hexDigits = "0123456789ABCDEF"
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>`{}|\\^", c) >= 0 {
			out = append(out, '%', hexDigits[c>>4], hexDigits[c&15])
		} else {
			out = append(out, c)
		}
	}
	return canonicalEscapes(string(out))
}

// allows says whether an address may be fetched. The longest matching pattern
// decides; of two of the same length, the allowing one.
func (r *robotsRules) allows(u *url.URL) bool {
	target := u.EscapedPath()
	if target == "" {
		target = "/"
	}
	if target == "/robots.txt" {
		return true
	}
	if u.RawQuery != "" {
		target += "?" + u.RawQuery
	}
	target = escapeLikeURL(target)
	allow, length := true, -1
	for _, rule := range r.rules {
		if n := len(rule.pattern); n < length || n == length && allow || !robotsMatch(rule.pattern, target) {
			continue
		}
		allow, length = rule.allow, len(rule.pattern)
	}
	return allow
}

// robotsMatch matches from the start of the target; "*" is any run of octets
// and a closing "$" the end. It takes time proportional to the product of the
// lengths at worst.
func robotsMatch(pattern, target string) bool {
	anchored := strings.HasSuffix(pattern, "$")
	pattern = strings.TrimSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(target, parts[0]) {
		return false
	}
	rest := target[len(parts[0]):]
	if len(parts) == 1 {
		return !anchored || rest == ""
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	if anchored {
		return strings.HasSuffix(rest, parts[last])
	}
	return strings.Contains(rest, parts[last])
}
